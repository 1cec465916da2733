"""The formats that runs are exported to, and how each is written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from shapley_coop.errors import ConfigError
from shapley_coop.runs.export import atif, inspect, otel, trl, verifiers
from shapley_coop.runs.export.flat import comma_separated, parquet
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.files import replace, storage_error

ExportFormat = Literal["parquet", "csv", "atif", "otel", "verifiers", "trl", "inspect"]
_FLAT = {"parquet": parquet, "csv": comma_separated}
# What these hold is a document a line.
_LINES = {
    "atif": atif.documents,
    "otel": otel.documents,
    "verifiers": verifiers.documents,
    "trl": trl.documents,
}


def export_runs(
    runs: Sequence[RunFolder], form: ExportFormat, out: Path, only: str | None = None
) -> list[Path]:
    """Write runs in a format of other tools, and return the files.

    Args:
        runs: what is written.
        form: the format.
        out: where to: a file, or for `parquet` and `csv` also a folder.
        only: the one table that is written, for `parquet` and `csv`.

    Raises:
        ConfigError: the format holds one run or no tables, or needs what is not installed.
        InputError: a run lacks what the format holds.
        StorageError: the disk refused.
    """
    if form in _FLAT:
        return _FLAT[form](runs, out, only)
    if only is not None:
        raise ConfigError(f"{form} has no tables; leave it out", field="table")
    if form == "inspect":
        if len(runs) != 1:
            raise ConfigError(
                f"a log of Inspect holds one run, not {len(runs)}; give one", field="to"
            )
        replace(out, json.dumps(inspect.document(runs[0]), ensure_ascii=False))
        return [out]
    _write_lines(out, (document for run in runs for document in _LINES[form](run)))
    return [out]


def _write_lines(out: Path, documents: Iterable[dict[str, Any]]) -> None:
    """Write documents a line each, so that not all of them are in memory at once."""
    draft = out.with_name(f".{out.name}.new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            for document in documents:
                file.write(json.dumps(document, ensure_ascii=False) + "\n")
        draft.replace(out)
    except OSError as error:
        raise storage_error(out, "write", error) from error
    finally:
        # Whatever ended this, no half of a file may be taken for the whole.
        draft.unlink(missing_ok=True)
