"""Deals and clauses in JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shapley_coop.errors import InputError
from shapley_coop.negotiation.lint.stated import StatedDeal, deal_of
from shapley_coop.records.strict_json import object_of_unique_names
from shapley_coop.records.words import clean

MOST_BYTES = 50_000_000
"""Size up to which a file is read."""


def read_deal(path: Path) -> StatedDeal:
    """Return the deal that a JSON file states, in the form that `deal_of` takes.

    Raises:
        InputError: the file cannot be read, or states no deal.
    """
    return deal_of(read_json(path), what=_name(path))


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        InputError: it is missing, too large or no JSON.
    """
    # A pipe or a device would be waited for, perhaps for ever.
    if path.exists() and not path.is_file():
        raise InputError(f"{_name(path)} is no file; give a JSON file")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{_name(path)} is larger than {MOST_BYTES:,} bytes")
        text = path.read_text(encoding="utf-8")
        return json.loads(text, object_pairs_hook=object_of_unique_names)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {_name(path)}") from error
    except RecursionError as error:
        raise InputError(f"{_name(path)} is nested too deeply") from error
    except ValueError as error:
        raise InputError(
            f"{_name(path)} is no JSON: {clean(str(error), 200)}"
        ) from error


def _name(path: Path) -> str:
    return repr(clean(str(path), 200))
