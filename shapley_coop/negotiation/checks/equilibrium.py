"""Whether what was agreed is an equilibrium among plans of actions that are fixed in advance."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import history_of
from shapley_coop.negotiation.checks.plays import DivisorOf, SettledPlays
from shapley_coop.negotiation.checks.subgames import plays_subgame_perfectly
from shapley_coop.negotiation.promises import kept_profile
from shapley_coop.records import (
    TOLERANCE,
    Deviation,
    Episode,
    Equilibrium,
    Line,
    Seat,
)

MOST_PLAYS = 20_000
"""Plays up to which each part of an equilibrium is checked."""


def equilibrium(
    game: Game,
    episode: Episode,
    protocol: NegotiationProtocol | None = None,
    divisor_of: DivisorOf | None = None,
    *,
    most: int = MOST_PLAYS,
) -> Equilibrium | None:
    """Return whether the profile that was agreed is an equilibrium, and of which kind.

    `nash` and `dominant` compare lines of actions that are fixed in advance, under the episode's
    own dice. `subgame_perfect` lets seats answer what was played before. Payoffs are settled:
    they include the contracts and the division that the protocol announces. Where nothing was
    signed, the profile is what was played.

    Args:
        game: any instance of the game. It is left alone.
        episode: the play and what was signed.
        protocol: how contracts are settled and the pot is divided. None means the default one.
        divisor_of: tells the credit by which a rule divides. None means that there is no such rule.
        most: the plays that may be taken. None is returned where the lines of all seats are more.
            Dominance is left open where profiles are, and `subgame_perfect` where histories are.

    O(seats * lines) plays, O(lines^seats) for dominance, O(histories) for subgame perfection. A
    play under a rule that divides takes 2^seats further ones.
    """
    protocol = protocol or NegotiationProtocol()
    plays = SettledPlays(game, episode, protocol, divisor_of)
    # All is by brute force, which needs no structure of the game but ends with small ones.
    most //= plays.cost
    if game.writes:
        return None
    if len(game.seats) * plays.lines_a_seat > most:
        return None
    profile = _agreed_profile(game, episode)
    kept = plays.play(profile)
    best = _best_deviation(plays, profile)
    played = [step.deeds for step in episode.steps]
    return Equilibrium(
        profile=profile,
        nash=best is None,
        dominant=_dominates(plays, profile, best, most),
        deviation=best,
        subgame_perfect=plays_subgame_perfectly(plays, kept.steps, most),
        followed=[step.deeds for step in kept.steps] == played,
        enforced=settlement_mode(protocol.settlement).enforced,
        division=plays.division,
    )


def _agreed_profile(game: Game, episode: Episode) -> dict[Seat, Line]:
    """Return what would have been done had all kept what they signed, or else what was done."""
    if episode.contracts:
        return kept_profile(game, episode.seed, episode.contracts, episode.steps)
    return history_of(game.seats, episode.steps)


def _best_deviation(
    plays: SettledPlays, profile: Mapping[Seat, Line]
) -> Deviation | None:
    now = plays.play(profile).payoffs
    best: Deviation | None = None
    threshold = TOLERANCE
    for seat in plays.game.seats:
        for line in plays.lines():
            other = plays.play({**profile, seat: line})
            gain = other.payoffs[seat] - now[seat]
            if gain > threshold:
                threshold = gain
                # What it would really do, where its line named an action that is not legal.
                deeds = [step.actions for step in other.steps if seat in step.actions]
                actions = tuple(deed[seat] for deed in deeds)
                best = Deviation(seat=seat, actions=actions, gain=gain)
    return best


def _dominates(
    plays: SettledPlays,
    profile: Mapping[Seat, Line],
    best: Deviation | None,
    most: int,
) -> bool | None:
    # What is not even the best answer to the profile itself cannot dominate.
    if best is not None:
        return False
    seats = plays.game.seats
    if plays.lines_a_seat ** len(seats) > most:
        return None
    lines = list(plays.lines())
    for seat in seats:
        others = [other for other in seats if other != seat]
        for chosen in product(lines, repeat=len(others)):
            around = dict(zip(others, chosen, strict=True))
            by_profile = plays.play({**around, seat: profile[seat]}).payoffs
            enough = by_profile[seat] + TOLERANCE
            # One better answer to anything that the others might do is a disproof.
            for line in lines:
                if plays.play({**around, seat: line}).payoffs[seat] > enough:
                    return False
    return True
