"""The cells of a study: what is played in each, and which of them can be played."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import InputError
from shapley_coop.llm.secrets import refuse_keys
from shapley_coop.runs.store.folder import plain
from shapley_coop.simulation.worker import check_names


class StudyCell(NamedTuple):
    """One configuration of a study, which is played as an ordinary run."""

    config: Config
    settings: Mapping[str, Any]
    """What tells it from other cells: values by the full name of their field."""

    @property
    def key(self) -> str:
        """Its address: a digest of all that decides its play. What may be spent does not."""
        return key_of(self.config)


def vary(cell: StudyCell, overrides: Sequence[str]) -> StudyCell:
    """Return a cell with fields set by texts of the form `section.field=value`.

    Raises:
        ConfigError: a text has another form, or a field cannot be so.
    """
    if not overrides:
        return cell
    return cell._replace(config=resolve(plain(cell.config), overrides))


def refuse_keys_in(cells: Iterable[StudyCell], folder: Path) -> None:
    """Refuse a study before it is played if a setting, or the name of its folder, holds a key.

    Each cell would refuse it by itself, and what came of them would repeat it.

    Raises:
        ConfigError: one does.
    """
    for cell in cells:
        refuse_keys(cell.config.model_dump(mode="json"), folder)


def require_names(
    cells: Sequence[StudyCell], *, least_right: int | None = None
) -> None:
    """Refuse a study before it is played if names in its cells mean nothing.

    Args:
        cells: what would be played.
        least_right: how many cells at least have to name what exists. None means all of them.

    Raises:
        InputError: the first wrong name, if too few cells are right.
    """
    needed = len(cells) if least_right is None else least_right
    right = 0
    first: InputError | None = None
    for cell in cells:
        if right >= needed:
            return
        try:
            check_names(cell.config)
            right += 1
        except InputError as error:
            first = first or error
            if least_right is None:
                break
    if first is not None and right < needed:
        raise first


def key_of(config: Config) -> str:
    """Return the address of a configuration, the same for equal ones."""
    tables = plain(config)
    # A cell that met its limit goes on under a higher one as the same cell.
    tables.pop("limits")
    text = json.dumps(tables, sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]
