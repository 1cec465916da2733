"""Trials of agents: each at the first seat of some games, among opponents that others met too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.config.resolve import resolve
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.records import Episode, Seat
from shapley_coop.rl.training.evaluation import ITSELF
from shapley_coop.rl.training.imitation.curriculum import DRAWN, GameChoice
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.intervals import mean_of
from shapley_coop.runs.outcomes import chance_of
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.simulation.worker import open_game
from shapley_coop.studies.cells import CellOutcome, StudyCell, episodes_of
from shapley_coop.studies.results import StudyResult

NAMES = ("agent", "game", "against")
"""Under which names the settings of a cell hold who is tried, where and against whom."""


class TrialPlan(NamedTuple):
    """What agents are tried at."""

    agents: Sequence[str]
    games: Sequence[str]
    """Names with parameters, such as `escape-room-n,seats=3,levers=1`.

    A parameter that is `*` is drawn for each episode.
    """
    opponents: Sequence[str]
    episodes: int
    """Of each agent at each game against each opponent."""
    seed: int
    """Of the first episode. All agents meet the same seeds."""


def trial_cells(
    plan: TrialPlan, tables: Mapping[str, Any], overrides: Sequence[str]
) -> list[StudyCell]:
    """Return the cells of a plan.

    Args:
        plan: who is tried, and at what.
        tables: what all configurations begin with.
        overrides: other fields, such as `model.temperature=0`.

    Raises:
        ConfigError: a name stands twice, or there is no such game.
    """
    for label, names in zip(NAMES, plan[:3], strict=True):
        if len(set(names)) < max(1, len(names)):
            raise ConfigError(
                f"each {label} is named once, and one at least; got {list(names)}",
                field=label,
            )
    cells = []
    for game in plan.games:
        choice = GameChoice.read(game)
        plays = [(plan.seed, plan.episodes)]
        if DRAWN in choice.parameters.values():
            plays = [(plan.seed + k, 1) for k in range(plan.episodes)]
        for seed, episodes in plays:
            table = choice.draw(generator(seed, "held-out"))
            parameters = {key: value for key, value in table.items() if key != "id"}
            seats = open_game(table["id"], parameters).seats
            base = {
                **tables,
                "game": table,
                "run": {"episodes": episodes, "seed": seed},
            }
            for agent in plan.agents:
                for opponent in plan.opponents:
                    others = agent if opponent == ITSELF else opponent
                    seated = {"agent": others, "seats": {seats[0]: agent}}
                    settings = dict(zip(NAMES, (agent, game, opponent), strict=True))
                    config = resolve({**base, **seated}, overrides)
                    cells.append(StudyCell(config, settings))
    return cells


class TrialRow(NamedTuple):
    """How one agent came out at one game against one opponent."""

    agent: str
    game: str
    against: str
    episodes: int
    """Recorded ones."""
    measures: Mapping[str, SampleEstimate]
    forfeits: int
    """Turns that the agent's seats lost because no answer could be used."""
    decisions: int
    """Of all seats."""

    @property
    def names(self) -> tuple[str, str, str]:
        """Who was tried, where and against whom, in the order of `NAMES`."""
        return self.agent, self.game, self.against

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        table = self._asdict()
        measures = {name: row.as_json() for name, row in self.measures.items()}
        return table | {"measures": finite_values(measures)}


def trial_rows(result: StudyResult) -> list[TrialRow]:
    """Return what came of trials, in the order in which they were asked for."""
    members: dict[tuple[str, str, str], list[CellOutcome]] = {}
    for outcome in result.outcomes:
        settings = outcome.cell.settings
        key = (settings["agent"], settings["game"], settings["against"])
        members.setdefault(key, []).append(outcome)
    return [_row(key, outcomes) for key, outcomes in members.items()]


def _row(key: tuple[str, str, str], outcomes: Sequence[CellOutcome]) -> TrialRow:
    episodes = episodes_of(outcomes)
    # A row of several cells is of a game that was drawn for each of them. Within one cell plays
    # without chance are the same play, however often it was made.
    sample = len(outcomes) > 1 or chance_of(episodes) is not False
    # Beside others the first seat is its own, and among its like all seats are.
    alone = key[2] != ITSELF
    done = [episode for episode in episodes if episode.status == "done"]

    def own_seats(episode: Episode) -> tuple[Seat, ...]:
        return episode.seats[:1] if alone else episode.seats

    def other_seats(episode: Episode) -> tuple[Seat, ...]:
        return episode.seats[1:] if alone else ()

    def payoff(episode: Episode) -> float:
        return mean_of([episode.payoffs[seat] for seat in own_seats(episode)])

    def total(episode: Episode) -> float:
        return sum(episode.payoffs.values())

    # Drawn by a generator of their own, so that a row's intervals do not hang on other rows.
    rng = generator(0, "trials", *map(str, key))

    def mean(read: Callable[[Episode], float]) -> SampleEstimate:
        values = [read(episode) for episode in done]
        return estimate(values, "mean", rng, sample=sample)

    def share(values: Sequence[float]) -> SampleEstimate:
        return estimate(values, "share", rng, sample=sample)

    success = [float(episode.success) for episode in episodes]
    measures = {
        "success": share(success),
        "total": mean(total),
        "payoff": mean(payoff),
        "rational": share(_shares(done, own_seats)),
        "others_rational": share(_shares(done, other_seats)),
    }
    # A turn that was lost counts, also in an episode that broke later.
    forfeits = 0
    for episode in episodes:
        forfeits += sum(episode.forfeits.get(seat, 0) for seat in own_seats(episode))
    decisions = sum(episode.decisions for episode in episodes)
    return TrialRow(*key, len(episodes), measures, forfeits, decisions)


def _shares(
    episodes: Sequence[Episode], seats: Callable[[Episode], Sequence[Seat]]
) -> list[float]:
    """Return of each episode whether all these seats ended at or above their outside option."""
    shares = []
    for episode in episodes:
        known = [episode.columns[seat].rational for seat in seats(episode)]
        # Where an outside option is not known, nobody can tell.
        if known and None not in known:
            shares.append(float(all(known)))
    return shares
