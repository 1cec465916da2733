"""The formats that runs are exported to, and how each is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from shapley_coop.errors import ConfigError
from shapley_coop.runs.export import atif, inspect, otel, trl, verifiers
from shapley_coop.runs.export.flat import comma_separated, parquet
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.files import draft, replace

ExportFormat = Literal["parquet", "csv", "atif", "otel", "verifiers", "trl", "inspect"]
Writer = Callable[[Sequence[RunFolder], Path], list[Path]]
_TABLES = {"parquet": parquet, "csv": comma_separated}


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
    if form in _TABLES:
        return _TABLES[form](runs, out, only)
    if only is not None:
        raise ConfigError(f"{form} has no tables; leave it out", field="table")
    return _DOCUMENTS[form](runs, out)


def _in_lines(documents: Callable[[RunFolder], Iterable[dict[str, Any]]]) -> Writer:
    """Return what writes documents a line each, so that not all are in memory at once."""

    def write(runs: Sequence[RunFolder], out: Path) -> list[Path]:
        with draft(out) as path, path.open("w", encoding="utf-8") as file:
            for run in runs:
                for document in documents(run):
                    file.write(json.dumps(document, ensure_ascii=False) + "\n")
        return [out]

    return write


def _in_one_log(runs: Sequence[RunFolder], out: Path) -> list[Path]:
    if len(runs) != 1:
        raise ConfigError(
            f"a log of Inspect holds one run, not {len(runs)}; give one", field="to"
        )
    replace(out, json.dumps(inspect.document(runs[0]), ensure_ascii=False))
    return [out]


_DOCUMENTS: Mapping[str, Writer] = {
    "atif": _in_lines(atif.documents),
    "otel": _in_lines(otel.documents),
    "verifiers": _in_lines(verifiers.documents),
    "trl": _in_lines(trl.documents),
    "inspect": _in_one_log,
}
