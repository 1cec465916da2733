"""The formats of recorded runs by name, and an import of a log in one of them."""

from __future__ import annotations

from pathlib import Path

from shapley_coop.errors import unknown
from shapley_coop.records.words import clean
from shapley_coop.teams.imports.bounds import refuse
from shapley_coop.teams.imports.formats.atif import Atif
from shapley_coop.teams.imports.formats.autogen import AutoGen
from shapley_coop.teams.imports.formats.chatdev import ChatDev
from shapley_coop.teams.imports.formats.coopeval import CoopEval
from shapley_coop.teams.imports.formats.inspect import Inspect
from shapley_coop.teams.imports.formats.otel import Otel
from shapley_coop.teams.imports.formats.teambench import TeamBench
from shapley_coop.teams.imports.port import ImportedLog, LogFormat
from shapley_coop.teams.imports.source import Source

FORMATS: tuple[LogFormat, ...] = (
    CoopEval(),
    TeamBench(),
    Atif(),
    Otel(),
    Inspect(),
    ChatDev(),
    AutoGen(),
)
"""Every format. Where none is named they are asked in this order."""


def import_log(path: Path, name: str | None = None) -> ImportedLog:
    """Return what the recorded runs in a file or folder state.

    Args:
        path: the file or folder. Links within a folder are not followed.
        name: the format. None means the first one that the log looks like.

    Raises:
        InputError: there is no such format, or the log cannot be read as one.
    """
    source = Source(path)
    form = _sniffed(source) if name is None else _named(name)
    parts = tuple(form.read(source))
    return ImportedLog(str(path), form.name, parts, source.left_out)


def _named(name: str) -> LogFormat:
    for form in FORMATS:
        if form.name == name:
            return form
    raise refuse(unknown("format", clean(name, 60), [form.name for form in FORMATS]))


def _sniffed(source: Source) -> LogFormat:
    for form in FORMATS:
        if form.sniff(source):
            return form
    if source.is_folder and any(
        path.name == "run.json" for path in source.files(".json")
    ):
        raise refuse(
            f"{source.place(source.path)} holds runs of this program, which need no import: "
            "report, compare and export read them"
        )
    known = "; ".join(f"{form.name}: {form.reads}" for form in FORMATS)
    raise refuse(
        f"{source.place(source.path)} looks like no log that is known ({known}); name its "
        "--format if it is one"
    )
