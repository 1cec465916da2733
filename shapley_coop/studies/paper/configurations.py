"""The paper's configurations as cells: who talks, who prices, who divides, and what it left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.agents.roles import role
from shapley_coop.config.resolve import resolve
from shapley_coop.errors import ConfigError
from shapley_coop.records.words import word_list
from shapley_coop.simulation.arguments import put_settings
from shapley_coop.studies.cells import StudyCell

CONFIGURATION = "configuration"
"""Under which name the settings of a cell hold what it is called."""


class PaperConfiguration(NamedTuple):
    """One way to play a game of the paper."""

    name: str
    label: str
    settings: Mapping[str, Any]
    """What it sets beside the common settings of its game."""
    selfish: bool = False
    """Whether rule seats are selfish in it: without a word, nobody works for another."""


PAPER = (
    PaperConfiguration("llm-only", "alone", {"protocol": "solo"}, selfish=True),
    PaperConfiguration("neg", "NEG", {"protocol": "neg"}),
    PaperConfiguration("sts", "STS", {"protocol": "short-term"}),
    PaperConfiguration("sc", "SC", {"protocol": "shapley-coop"}),
)
"""The four of the paper: alone, talk that binds nobody, prices before play, the whole method."""
FAIR = PaperConfiguration("talk", "fair negotiation", {"protocol": "talk"})
"""Free talk with contracts that bind, and without a word on Shapley values."""
EQUAL = PaperConfiguration(
    "equal", "equal split", {"protocol": "shapley-coop", "protocol.split": "equal"}
)
"""The whole method, and the pot divided evenly in the end."""


class Seating(NamedTuple):
    """Who plays a reproduction."""

    agent: str
    """Who sits at every seat."""
    selfish: str
    """Who sits there in configurations in which rule seats are selfish."""
    model: str = ""
    """The model of seats that are played by one. Empty means the default."""

    def of(self, configuration: PaperConfiguration) -> str:
        """Return who plays a configuration."""
        return self.selfish if configuration.selfish else self.agent


def seating(rule: str, agent: str | None, model: str | None) -> Seating:
    """Return who plays: rules if nobody is named, else the agent or the model at every seat.

    Args:
        rule: the rule agent that plays the game well.
        agent: an agent or a model, by name. None leaves the choice to `model`.
        model: the model of language-model seats. None means rules, if no agent is named either.

    Raises:
        ConfigError: a model is named beside an agent that asks none.
        PluginError: there is no such agent or model.
    """
    if agent is None and model is None:
        return Seating(rule, "selfish")
    who = agent or "llm"
    # Without a word, whoever reads the tables would take them for the model's.
    if model is not None and role(who, model).model != model:
        raise ConfigError(
            f"{who!r} does not ask the model {model!r}; leave one of them out",
            field="model.name",
        )
    return Seating(who, who, model or "")


def players_text(cells: Iterable[StudyCell]) -> str:
    """Return who plays cells, as a sentence."""
    names = []
    for cell in cells:
        agent = cell.config.agent
        # A model says more than "llm" about who sat there.
        name = f"llm, {cell.config.model.name}" if agent == "llm" else agent
        if name not in names:
            names.append(name)
    return f"Played here by {word_list(names)}."


def cells_of(
    configurations: Sequence[PaperConfiguration],
    common: Mapping[str, Any],
    players: Seating,
    **marks: Any,
) -> list[StudyCell]:
    """Return a cell for each configuration.

    Args:
        configurations: how the game is played.
        common: the settings of all of them: the game, episodes and seed.
        players: who plays.
        marks: what else tells these cells from others, such as `level=2`.
    """
    cells = []
    for configuration in configurations:
        tables: dict[str, Any] = {}
        put_settings(tables, dict(common))
        # A table first, so that a configuration can name a protocol and vary it.
        put_settings(tables, {"protocol": {"name": "shapley-coop"}})
        put_settings(tables, dict(configuration.settings))
        tables["agent"] = players.of(configuration)
        if players.model:
            put_settings(tables, {"model.name": players.model})
        settings = {**marks, CONFIGURATION: configuration.name}
        cells.append(StudyCell(resolve(tables), settings))
    return cells
