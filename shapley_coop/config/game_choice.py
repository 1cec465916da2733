"""A game and its parameters as one short text, such as `escape-room-n,seats=3,levers=1`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shapley_coop.config.resolve import read_value
from shapley_coop.errors import ConfigError
from shapley_coop.records.words import setting_text

DRAWN = "*"
"""In place of a parameter's value: a whole number that is drawn anew for every episode."""
MOST_DRAWN = 2**31


@dataclass(frozen=True)
class GameChoice:
    """A game and its parameters, as they are named on the command line."""

    name: str
    """A registered name or `module:attribute`."""
    parameters: Mapping[str, Any]
    """What its factory is called with. `*` stands for a number that every episode draws."""

    @classmethod
    def read(cls, text: str) -> GameChoice:
        """Return the choice that a text such as `gloves,left=2,prices=[1, 2]` means.

        Raises:
            ConfigError: a part of it sets nothing.
        """
        name, *settings = _settings(text)
        parameters: dict[str, Any] = {}
        for setting in settings:
            key, equals, value = setting.partition("=")
            if not equals or not key or not value:
                raise ConfigError(
                    f"cannot read {setting!r} in game {text!r}; write "
                    "NAME,parameter=value,parameter=value",
                    field="game.id",
                )
            parameters[key] = read_value(value)
        return cls(name, parameters)

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> GameChoice:
        """Return the choice that the table `game` of a configuration means.

        Args:
            table: parameters by name, and the game's own name as `id`.
        """
        parameters = {key: value for key, value in table.items() if key != "id"}
        return cls(str(table["id"]), parameters)

    @property
    def text(self) -> str:
        """What `read` makes this choice of again."""
        settings = []
        for key, value in self.parameters.items():
            text = setting_text(value)
            # A text that looks like a number, or like several settings, needs quotation marks.
            if read_value(text) != value or len(_settings(text)) > 1:
                text = json.dumps(value)
            settings.append(f"{key}={text}")
        return ",".join([self.name, *settings])

    @property
    def table(self) -> dict[str, Any]:
        """The table `game` of a configuration. Nothing is drawn."""
        return {"id": self.name, **self.parameters}

    @property
    def is_drawn(self) -> bool:
        """Whether every episode is of another game."""
        return DRAWN in self.parameters.values()

    def draw(self, rng: np.random.Generator) -> GameChoice:
        """Return the choice for one episode."""
        parameters = dict(self.parameters)
        for key, value in parameters.items():
            if value == DRAWN:
                parameters[key] = int(rng.integers(MOST_DRAWN))
        return GameChoice(self.name, parameters)


def _settings(text: str) -> list[str]:
    """Return the parts of a text between commas. Those of lists, tables and quotations stay."""
    parts = [""]
    depth, is_quoted = 0, False
    for sign in text:
        if sign == '"':
            is_quoted = not is_quoted
        elif not is_quoted:
            depth += (sign in "[{") - (sign in "]}")
        if sign == "," and depth == 0 and not is_quoted:
            parts.append("")
        else:
            parts[-1] += sign
    return parts
