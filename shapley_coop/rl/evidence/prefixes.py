"""Shapley over time on recorded episodes: the credit of every prefix, by replay."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from shapley_coop.credit.worth.realised import realised_worth
from shapley_coop.credit.worth.replay import check_repeats, replay, worth_of_history
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CountWorth, History, Worth, history_of
from shapley_coop.interfaces.worth_method import Policies
from shapley_coop.records import Absence, Episode, Seat, Step
from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.credit.shapley import prefix_credits
from shapley_coop.rl.evidence.process_reward import from_prefix_credit, largest_gain
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.shapley import exact

EXACT_SEATS = 12
"""The most seats of which all coalitions are played, unless a run says otherwise."""


def credit_over_time(
    game: Game,
    episode: Episode,
    *,
    rule: Absence,
    policies: Policies | None = None,
    replicates: int = 1,
    exact_seats: int = EXACT_SEATS,
) -> Tensor:
    """Return the exact Shapley credit after 0, 1, ..., T recorded steps: [T + 1, n], reward units.

    v_t(S): the members of S repeat their first t recorded actions and go on by the game's
    fallback. Absent seats are absent throughout. Row T is the replay credit of the episode, so the
    differences of rows sum to it less row 0, the credit of a play in which nobody decides.
    Plays (T + 1) 2^n episodes.

    Raises:
        ConfigError: too many seats, or an absence rule that a replay cannot apply.
        GameError: the game does not repeat the episode under its seed.
    """
    _check_seats(game.seats, exact_seats)
    # Its worth is not used: this refuses a rule that no replay can apply, and a game that does
    # not repeat itself.
    replay(game, episode.seed, episode.steps, rule=rule, policies=policies)
    worth_of = partial(
        worth_of_history,
        game,
        episode.seed,
        rule=rule,
        policies=policies,
        replicates=replicates,
    )
    return _credit_of_prefixes(game.seats, episode.steps, worth_of)


def realised_credit_over_time(
    game: Game, seed: int, steps: Sequence[Step], *, rule: Absence
) -> Tensor:
    """Return the exact Shapley credit as realised after 0, 1, ..., T steps: [T + 1, n].

    In reward units. v_t(S) is what the members of S earn themselves by their first t actions. So
    row T is the credit by which a rule divides the pot of the play.

    Args:
        game: any instance of the game.
        seed: the seed that the steps were played under.
        steps: the whole play.
        rule: what replaces absent seats. Nobody can be asked to play them.

    Raises:
        ConfigError: too many seats.
        GameError: the game does not repeat the play under its seed.
    """
    _check_seats(game.seats)
    check_repeats(game, seed, steps)
    worth_of = partial(realised_worth, game, seed, rule=rule)
    return _credit_of_prefixes(game.seats, steps, worth_of)


def _check_seats(seats: Sequence[Seat], exact_seats: int = EXACT_SEATS) -> None:
    """Raise ConfigError if there are more seats than all coalitions are played of."""
    if len(seats) > exact_seats:
        raise ConfigError(
            f"credit over time of {len(seats)} seats replays 2^{len(seats)} coalitions a step; "
            f"at most {exact_seats} seats are allowed: raise worth.exact_seats or use fewer seats",
            field="worth.exact_seats",
        )


def _credit_of_prefixes(
    seats: Sequence[Seat], steps: Sequence[Step], worth_of: Callable[[History], Worth]
) -> Tensor:
    history = history_of(seats, steps)
    worths = []
    for t in range(len(steps) + 1):
        # Members repeat t actions and then fall back, so later steps cannot count.
        prefix = {seat: whole[:t] for seat, whole in history.items()}
        worth = worth_of(prefix)
        if isinstance(worth, CountWorth):
            worth = expand_counts(worth, seats)
        worths.append(worth)

    def value(t: int, members: tuple[int, ...]) -> float:
        row = np.zeros((1, len(seats)), bool)
        row[0, list(members)] = True
        return float(worths[t].values(row)[0])

    def shapley(table: Sequence[float]) -> list[float]:
        values: list[float] = exact(np.array(table)).values.tolist()
        return values

    return prefix_credits(len(steps), len(seats), value, shapley)


def evidence_of(
    batch: Trajectories, credit: Mapping[int, Tensor], *, scale: float | None = 1.0
) -> Evidence:
    """Return what seat methods and the min form need, from each episode's credit over time.

    Process rewards are the squashed gains of credit, and `scale` is the gain in reward units that
    counts as clearly right. None means the largest gain of the batch.
    """
    prefix_R = _double(
        credit[episode][turn + 1, seat] for episode, seat, turn in batch.row_keys()
    )
    # One start and one end a trajectory, whose seat stands in its first row.
    first = batch.starts[:-1]
    episodes, seats = batch.episode_R[first].tolist(), batch.seat_R[first].tolist()
    owners = list(zip(episodes, seats, strict=True))
    start_N = _double(credit[episode][0, seat] for episode, seat in owners)
    final_N = _double(credit[episode][-1, seat] for episode, seat in owners)
    if scale is None:
        scale = largest_gain(batch, prefix_R, start_N)
    return Evidence(
        final_credit_N=final_N,
        prefix_credit_R=prefix_R,
        start_credit_N=start_N,
        process_reward_R=from_prefix_credit(batch, prefix_R, start_N, scale),
    )


def _double(values: Iterable[Tensor]) -> Tensor:
    return torch.tensor([float(value) for value in values], dtype=torch.float64)
