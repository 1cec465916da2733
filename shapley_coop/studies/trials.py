"""Trials of agents: each at the first seat of some games, among opponents that others met too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.config.game_choice import GameChoice
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.rl.training.evaluation import ITSELF, match_configs
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.outcomes import chance_of
from shapley_coop.runs.statistics.agents import AgentOutcome, agent_outcome
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.outcomes import CellOutcome, episodes_of
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
        for agent in plan.agents:
            for opponent in plan.opponents:
                settings = dict(zip(NAMES, (agent, game, opponent), strict=True))
                configs = match_configs(
                    agent,
                    GameChoice.read(game),
                    opponent,
                    episodes=plan.episodes,
                    seed=plan.seed,
                    tables=tables,
                    overrides=overrides,
                )
                cells += [StudyCell(config, settings) for config in configs]
    return cells


class TrialRow(NamedTuple):
    """How one agent came out at one game against one opponent."""

    agent: str
    game: str
    against: str
    outcome: AgentOutcome

    @property
    def names(self) -> tuple[str, str, str]:
        """Who was tried, where and against whom, in the order of `NAMES`."""
        return self.agent, self.game, self.against

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        outcome = self.outcome
        measures = {name: row.as_json() for name, row in outcome.measures.items()}
        return {
            "agent": self.agent,
            "game": self.game,
            "against": self.against,
            "episodes": outcome.episodes,
            "measures": finite_values(measures),
            "forfeits": outcome.forfeits,
            "decisions": outcome.decisions,
        }


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
    # Drawn by a generator of their own, so that a row's intervals do not hang on other rows.
    rng = generator(0, "trials", *map(str, key))
    has_others = key[2] != ITSELF
    outcome = agent_outcome(episodes, rng, has_others=has_others, sample=sample)
    return TrialRow(*key, outcome)
