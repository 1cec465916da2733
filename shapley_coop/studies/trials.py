"""Trials of agents: each at the first seat of some games, among opponents that others met too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.config.resolve import resolve
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.records import Episode, Seat
from shapley_coop.records.words import clean, number
from shapley_coop.rl.training.evaluation import ITSELF
from shapley_coop.rl.training.imitation.curriculum import DRAWN, GameChoice
from shapley_coop.rl.training.reinforcement.best_response import BestResponse
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.intervals import mean_of
from shapley_coop.runs.statistics.estimates import SampleEstimate, estimate
from shapley_coop.simulation.worker import open_game
from shapley_coop.studies.cells import StudyCell, episodes_of
from shapley_coop.studies.results import StudyResult, trouble_tables
from shapley_coop.studies.tables import StudyTable, estimate_text, interval_text

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
    members: dict[tuple[str, str, str], list[Episode]] = {}
    for outcome in result.outcomes:
        settings = outcome.cell.settings
        key = (settings["agent"], settings["game"], settings["against"])
        members.setdefault(key, []).extend(episodes_of([outcome]))
    return [_row(key, episodes) for key, episodes in members.items()]


def _row(key: tuple[str, str, str], episodes: Sequence[Episode]) -> TrialRow:
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
        return estimate([read(episode) for episode in done], "mean", rng)

    success = [float(episode.success) for episode in episodes]
    measures = {
        "success": estimate(success, "share", rng),
        "total": mean(total),
        "payoff": mean(payoff),
        "rational": estimate(_shares(done, own_seats), "share", rng),
        "others_rational": estimate(_shares(done, other_seats), "share", rng),
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


def trial_tables(result: StudyResult) -> list[StudyTable]:
    """Return trials as tables: how each came out, then the cells that did not end well."""
    rows = trial_rows(result)
    # What is the same in all rows stands in the title, since lines are narrow.
    places = [
        place for place in range(3) if len({row.names[place] for row in rows}) > 1
    ]
    places = places or [0]
    header = tuple(NAMES[place] for place in places)
    where = _title_part(rows[0], places)
    outcomes = []
    conduct = []
    for row in rows:
        names = [clean(row.names[place], 60) for place in places]
        measures = row.measures
        total = measures["total"]
        earned = (
            _percent(measures["success"]),
            estimate_text(total),
            number(total.iqm),
            estimate_text(measures["payoff"]),
        )
        outcomes.append((*names, f"{row.episodes:,}", *earned))
        left = (
            _percent(measures["rational"]),
            _percent(measures["others_rational"]),
            f"{row.forfeits:,} of {row.decisions:,}",
        )
        conduct.append((*names, *left))
    return [
        StudyTable(
            f"How agents came out{where}",
            (*header, "n", "success", "total", "IQM", "payoff"),
            tuple(outcomes),
            (
                "n is the number of episodes, and `total` what all seats hold in the end. IQM is "
                "the mean of its middle half. `payoff` is what the seats of the agent hold, a "
                "mean.",
                "Intervals hold with 95 percent confidence: shares by Clopper and Pearson, means "
                "by the BCa bootstrap, or Student's t below ten. A game of fixed payoffs is one "
                "situation at every seed, so there they tell of the draws of agents alone.",
            ),
        ),
        StudyTable(
            f"Who ended at or above its outside option{where}",
            (*header, "agent's seats", "others", "forfeits"),
            tuple(conduct),
            (
                "Shares of episodes in which all seats of the agent, or all others, do. Forfeits "
                "are of the agent, decisions of all seats.",
                f"Runs are in {result.folder}.",
            ),
        ),
        *trouble_tables(result),
    ]


def _title_part(row: TrialRow, places: Sequence[int]) -> str:
    """Return what all rows share, as the end of a title."""
    words = ("", " at ", " against ")
    shared = [
        words[place] + clean(row.names[place], 60)
        for place in (1, 2)
        if place not in places
    ]
    return "".join(shared)


def response_table(
    responses: Mapping[str, Sequence[BestResponse]], training: int
) -> StudyTable:
    """Return what a best response of each seat gains against policies.

    Args:
        responses: by the name of the policy that all other seats play.
        training: episodes that each response learned from.
    """
    rows = []
    for agent, found in responses.items():
        for response in found:
            gain = number(response.gain.value, sign=True)
            gain += interval_text(response.gain.interval, sign=True)
            figures = (number(response.own), number(response.response), gain)
            rows.append((clean(agent, 60), response.seat, *figures))
    return StudyTable(
        "What a seat could gain by leaving the policy",
        ("policy", "seat", "with it", "best response", "gain"),
        tuple(rows),
        (
            f"Each response learned by PPO from {training:,} episodes in which all others play the "
            "policy. A better one may exist, so the policy can be exploited by at least the gain.",
        ),
    )


def _percent(share: SampleEstimate) -> str:
    if share.value is None:
        return "-"
    if share.interval is None:
        return f"{share.value:.0%}"
    low, high = share.interval
    return f"{share.value:.0%} [{low:.0%}, {high:.0%}]"
