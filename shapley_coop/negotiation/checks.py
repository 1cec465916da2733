"""Whether what was agreed is stable: individually rational, an equilibrium, in the core."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.credit.labels import label
from shapley_coop.credit.worth.shapes import worth_of_table
from shapley_coop.errors import GameError
from shapley_coop.interfaces.deals.settlement import SettlementMode, settlement_mode
from shapley_coop.interfaces.game import CountWorth, Game
from shapley_coop.interfaces.worth import Worth
from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.records import (
    TOLERANCE,
    Check,
    Checks,
    Contract,
    Core,
    Credit,
    Deviation,
    Does,
    Episode,
    Equilibrium,
    Line,
    Rationality,
    Seat,
)
from shapley_coop.shapley.coalitions import (
    all_coalitions,
    all_counts,
    mask_of,
    named_coalitions,
    to_matrix,
)
from shapley_coop.shapley.stability import strongest_objection

MOST_CHECKED = 20_000
"""Lines of a seat, and profiles of all, up to which an equilibrium is checked."""
MOST_SEATS = 16
"""Seats up to which every coalition is asked whether it objects."""
QUICK = 256
"""Plays that the checks of every episode may take."""


def check_episode(
    game: Game, episode: Episode, worth: Worth | None, protocol: NegotiationProtocol
) -> Checks:
    """Return every check of an episode that is quick, and why the others were left out.

    Args:
        game: any instance of the game. It is left alone.
        episode: with its columns and payoffs.
        worth: what credit was measured on. None means that no coalition's value is known.
        protocol: how contracts were settled.
    """
    skipped: dict[Check, str] = {}
    rational = rationality(episode)
    if rational is None:
        columns = episode.columns.values()
        deal = any(column.agreed is not None for column in columns)
        reason = "no outside option is known" if deal else "nothing was signed"
        skipped["rationality"] = reason
    stable = None
    lines = len(game.actions) ** game.horizon
    if len(game.seats) * lines > QUICK:
        skipped["equilibrium"] = "too many lines of play to list"
    else:
        # A game may fail on lines of play that nobody took. That is no fault of the episode.
        try:
            stable = equilibrium(
                game,
                episode,
                mode=settlement_mode(protocol.settlement),
                deposit=protocol.deposit,
                most=QUICK,
            )
        except GameError as error:
            skipped["equilibrium"] = str(error)
    division = None if worth is None else core(worth, episode.payoffs)
    if division is None:
        skipped["core"] = "too many coalitions"
        if worth is None:
            skipped["core"] = "not every coalition was valued"
    return Checks(
        rationality=rational, equilibrium=stable, core=division, skipped=skipped
    )


def rationality(episode: Episode) -> Rationality | None:
    """Return each seat's agreed payoff minus its outside option.

    None means that there is no deal, or that no outside option is known. Agreed payoffs are those
    with every signed clause and division enforced.
    """
    known = {
        seat: column.agreed - column.outside
        for seat, column in episode.columns.items()
        if column.agreed is not None and column.outside is not None
    }
    return Rationality(margins=known) if known else None


def agreed_profile(episode: Episode) -> dict[Seat, Line]:
    """Return what every seat promised step by step, and where it promised nothing, what it did."""
    profile = {
        seat: [step.actions[seat] for step in episode.steps if seat in step.actions]
        for seat in episode.seats
    }
    for contract in episode.contracts:
        for clause in contract.offer.terms.clauses:
            promise = clause.condition
            if not isinstance(promise, Does) or promise.unless:
                continue
            # Only a seat that is paid for its own action has promised it.
            actions = profile[promise.seat]
            if promise.seat == clause.payee and promise.step < len(actions):
                actions[promise.step] = promise.action
    return {seat: tuple(actions) for seat, actions in profile.items()}


def equilibrium(
    game: Game,
    episode: Episode,
    *,
    mode: SettlementMode = BINDING,
    deposit: float = 0.0,
    most: int = MOST_CHECKED,
) -> Equilibrium | None:
    """Return whether the agreed profile is a Nash equilibrium under the contracts, and dominant.

    Strategies are lines of actions fixed in advance, under the episode's own dice. An action that
    is not legal where it comes becomes the game's fallback. Divisions after play are left out:
    they are negotiated when all is done. None means that a seat has more than `most` lines.
    Dominance is left open where there are more than `most` profiles.
    O(seats * lines) plays, O(lines^seats) for dominance.
    """
    # All is by brute force, which needs no structure of the game but ends with small ones.
    if len(game.actions) ** game.horizon > most:
        return None
    plays = _SettledPlays(game, episode.seed, episode.contracts, mode, deposit)
    profile = agreed_profile(episode)
    now = plays.payoffs(profile)
    best: Deviation | None = None
    threshold = TOLERANCE
    for seat in game.seats:
        for line in plays.lines():
            deviation = plays.payoffs({**profile, seat: line})
            gain = deviation[seat] - now[seat]
            if gain > threshold:
                threshold = max(TOLERANCE, gain)
                best = Deviation(seat=seat, actions=line, gain=gain)
    dominant = _dominant(plays, profile, best, most)
    return Equilibrium(
        profile=profile, nash=best is None, dominant=dominant, deviation=best
    )


def _dominant(
    plays: _SettledPlays,
    profile: Mapping[Seat, Line],
    best: Deviation | None,
    most: int,
) -> bool | None:
    # What is not even the best answer to the profile itself cannot dominate.
    if best is not None:
        return False
    lines = list(plays.lines())
    seats = plays.game.seats
    if len(lines) ** len(seats) > most:
        return None
    for seat in seats:
        others = [other for other in seats if other != seat]
        for chosen in product(lines, repeat=len(others)):
            around = dict(zip(others, chosen, strict=True))
            by_profile = plays.payoffs({**around, seat: profile[seat]})
            enough = by_profile[seat] + TOLERANCE
            # One better answer to anything that the others might do is a disproof.
            for line in lines:
                if plays.payoffs({**around, seat: line})[seat] > enough:
                    return False
    return True


class _SettledPlays:
    """Plays profiles under one seed and pays the contracts, every profile once."""

    def __init__(
        self,
        game: Game,
        seed: int,
        contracts: Sequence[Contract],
        mode: SettlementMode,
        deposit: float,
    ) -> None:
        self.game = game.fresh()
        self.game.start(seed)
        self._contracts = contracts
        self._mode = mode
        self._deposit = deposit
        self._known: dict[tuple[Line, ...], dict[Seat, float]] = {}

    def lines(self) -> Iterator[Line]:
        """Yield every line of actions."""
        return product(self.game.actions, repeat=self.game.horizon)

    def payoffs(self, profile: Mapping[Seat, Line]) -> dict[Seat, float]:
        """Return what every seat holds after settlement."""
        key = tuple(profile[seat] for seat in self.game.seats)
        if key not in self._known:
            ending = self.game.preview(profile)
            settlement = pay_contracts(
                ending.payoffs,
                self._contracts,
                ending.steps,
                ending.outcomes,
                mode=self._mode,
                deposit=self._deposit,
            )
            self._known[key] = settlement.payoffs
        return self._known[key]


def core(worth: Worth, payoffs: Mapping[Seat, float]) -> Core | None:
    """Return whether a division is in the core, and the coalition that objects most.

    Where seats come in kinds, coalitions are gone through by counts: of each number of a kind,
    those who hold least object first. Otherwise all coalitions of up to 16 seats are. None means
    that there are too many. Payoffs that sum to less than v(N) make everyone together object.
    """
    if isinstance(worth, CountWorth):
        return _core_by_kinds(worth, payoffs)
    if len(worth.seats) > MOST_SEATS:
        return None
    n = len(worth.seats)
    held = np.array([payoffs[seat] for seat in worth.seats])
    objection = strongest_objection(worth.values(all_coalitions(n)), held)
    named = tuple(worth.seats[player] for player in objection.players)
    if worth.draws is None:
        return _core(named, objection.excess, None)
    members = to_matrix([mask_of(objection.players)], n)
    return _core(named, objection.excess, worth.draws(members))


def _core_by_kinds(worth: CountWorth, payoffs: Mapping[Seat, float]) -> Core | None:
    poorest = [sorted(kind, key=payoffs.__getitem__) for kind in worth.kinds]
    shape = tuple(len(kind) + 1 for kind in worth.kinds)
    if np.prod(shape, dtype=float) > 1 << MOST_SEATS:
        return None
    counts = all_counts([len(kind) for kind in worth.kinds])
    held: NDArray[np.float64] = np.zeros(len(counts))
    # Of each number of a kind, those who hold least object first.
    for column, kind in enumerate(poorest):
        holdings = [payoffs[seat] for seat in kind]
        sums = np.concatenate(([0.0], np.cumsum(holdings)))
        held += sums[counts[:, column]]
    excess = worth.values(counts) - held
    # The first row is the empty coalition, which cannot object.
    worst = 1 + int(np.argmax(excess[1:]))
    objector: list[Seat] = []
    for kind, number in zip(poorest, counts[worst].tolist(), strict=True):
        objector += kind[:number]
    draws = None
    if worth.draws is not None:
        draws = worth.draws(counts[worst : worst + 1])
    return _core(tuple(objector), float(excess[worst]), draws)


def _core(
    objector: tuple[Seat, ...], excess: float, draws: NDArray[np.float64] | None
) -> Core:
    """Return the verdict. An excess within two standard errors of v(S) is no objection."""
    stderr = 0.0
    if draws is not None and draws.size > 1:
        stderr = float(draws.std(ddof=1) / np.sqrt(draws.size))
    holds = excess <= max(TOLERANCE, 2 * stderr)
    return Core(holds=holds, objector=objector, excess=excess, stderr=stderr)


def worth_of(credit: Credit, seats: Sequence[Seat]) -> Worth | None:
    """Return the worth that a credit was measured on, from the coalitions it lists, or None."""
    if credit.coalitions is None or len(seats) > MOST_SEATS:
        return None
    names = [label(coalition, seats) for coalition in named_coalitions(seats)]
    if not set(names) <= set(credit.coalitions):
        return None
    return worth_of_table(seats, np.array([credit.coalitions[name] for name in names]))
