"""The durable log of evaluations: one JSON line a draw, of which the last may be torn."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from math import inf, isfinite
from operator import index
from os import SEEK_END
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TextIO

from shapley_coop.shapley.coalitions import players

_END = '{"ended":'
_MOST_END = 10_000


class JournalEntry(NamedTuple):
    """One paid draw."""

    mask: int
    draw: int
    value: float
    cost: float


class JournalEnd(NamedTuple):
    """That a run of evaluations came to its own end, so that the same run has nothing to add."""

    question: str
    """What tells the run's question apart from others."""
    stopped_by: str
    conclusions: Mapping[str, Any] = MappingProxyType({})
    """What whoever asked concluded on the way, as JSON."""


class Journal:
    """An append-only file of the draws of one game, to which it belongs alone."""

    def __init__(self, path: str | Path, n: int, names: Sequence[str] = ()) -> None:
        """Open or create the log of a game of n players, which knows their names if they have any.

        Raises:
            ValueError: the file is the log of another game, or a line but the last is torn.
        """
        self.path = Path(path)
        self.entries: list[JournalEntry] = []
        """What was paid for before."""
        if self.path.exists():
            self.entries += read_journal(self.path, n, names)
        self._drop_torn_line()
        self._file: TextIO = self.path.open("a", encoding="utf-8")
        if self._file.tell() == 0:
            heading: dict[str, Any] = {"players": n}
            if names:
                heading["named"] = _digest(names)
            self._write(json.dumps(heading, separators=(",", ":")) + "\n")

    def add(self, entry: JournalEntry) -> None:
        """Append a draw and hand it to the operating system."""
        mask, draw, value, cost = entry
        self._write(
            f'{{"mask":"{mask:x}","draw":{draw},"value":{value!r},"cost":{cost!r}}}\n'
        )

    def _write(self, line: str) -> None:
        self._file.write(line)
        self._file.flush()

    def _drop_torn_line(self) -> None:
        if not self.path.exists():
            return
        # A program that was killed may have left half a line, and another would be glued to it.
        with self.path.open("r+b") as file:
            content = file.read()
            whole_lines = content.rfind(b"\n") + 1
            if whole_lines < len(content):
                file.truncate(whole_lines)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(
    path: Path, n: int, names: Sequence[str] = ()
) -> Iterator[JournalEntry]:
    """Yield the draws in the log of a game of n players, each once, without a torn last line.

    Raises:
        ValueError: the file is the log of another game, a line is no draw, or one draw has two
            values.
    """
    # Behind the last line break stands nothing, or a torn line.
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    if not lines:
        return
    _require_players(path, lines[0], n, names)
    values: dict[tuple[int, int], float] = {}
    for number, line in enumerate(lines[1:], start=2):
        if line.startswith(_END):
            continue
        entry = _entry(path, number, line, n)
        draw = entry.mask, entry.draw
        before = values.get(draw)
        if before is None:
            values[draw] = entry.value
            yield entry
        elif before != entry.value:
            raise ValueError(
                f"{path} line {number}: draw {entry.draw} of players {players(entry.mask)} is "
                f"{entry.value} here and {before} above, so two runs wrote to this log. Take one "
                "of the lines out, and give each run a log of its own"
            )


def read_end(path: Path) -> JournalEnd | None:
    """Return the end that a log tells of, or None if draws follow it or there is none."""
    with path.open("rb") as file:
        size = file.seek(0, SEEK_END)
        file.seek(max(0, size - _MOST_END))
        last = (
            file.read().decode(errors="replace").rpartition("\n")[0].rpartition("\n")[2]
        )
    if not last.startswith(_END):
        return None
    try:
        row = json.loads(last)
        conclusions = dict(row.get("concluded", {}))
        return JournalEnd(str(row["ended"]), str(row["by"]), conclusions)
    except (ValueError, KeyError, TypeError):
        # Somebody changed the line. Without it the log is as good as before.
        return None


def write_end(path: Path, end: JournalEnd) -> None:
    """Append to a log that its run came to its own end. It is not said twice."""
    row = {"ended": end.question, "by": end.stopped_by}
    line = json.dumps(row | {"concluded": dict(end.conclusions)})
    if read_end(path) != end and len(line) < _MOST_END:
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _require_players(path: Path, line: str, n: int, names: Sequence[str]) -> None:
    """Refuse a log whose first line is of another game.

    Raises:
        ValueError: it is no first line, or names other players, or another number of them.
    """
    row = _object(path, 1, line)
    if row.get("players") != n:
        raise ValueError(
            f"{path} is the log of a game of {row.get('players')} players; this game has {n}. "
            "Give it another file"
        )
    # Draws tell players by their places, so in another order they would be those of others. Logs
    # of earlier versions do not tell.
    if names and row.get("named", _digest(names)) != _digest(names):
        raise ValueError(
            f"{path} is the log of other players than {', '.join(names)}, or of these in another "
            "order. Name them as before, or give it another file"
        )


def _digest(names: Sequence[str]) -> str:
    """Return what tells names in an order apart. A name may be a secret, so a log holds none."""
    return hashlib.sha256(json.dumps(list(names)).encode()).hexdigest()[:16]


def _entry(path: Path, number: int, line: str, n: int) -> JournalEntry:
    """Return the draw that a line records.

    Raises:
        ValueError: the line is no draw of a game of n players.
    """
    row = _object(path, number, line)
    try:
        mask, draw = int(row["mask"], 16), index(row["draw"])
        value, cost = float(row["value"]), float(row["cost"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise _no_evaluation(path, number, line) from error
    # A file may say NaN, and what is read as true would be taken for 1.
    is_number = not isinstance(row["value"], str | bool)
    if not is_number or not isfinite(value) or not 0 <= cost < inf:
        raise _no_evaluation(path, number, line)
    if draw < 0 or not 0 <= mask < 1 << n:
        raise _no_evaluation(path, number, line)
    return JournalEntry(mask, draw, value, cost)


def _object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise _no_evaluation(path, number, line) from error
    if not isinstance(row, dict):
        raise _no_evaluation(path, number, line)
    return row


def _no_evaluation(path: Path, number: int, line: str) -> ValueError:
    return ValueError(f"{path} line {number} is no evaluation: {line[:80]!r}")
