"""The durable log of evaluations: one JSON line a draw, of which the last may be torn."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TextIO


class JournalEntry(NamedTuple):
    """One paid draw."""

    mask: int
    draw: int
    value: float
    cost: float


class Journal:
    """An append-only file of the draws of one game, to which it belongs alone."""

    def __init__(self, path: str | Path, n: int) -> None:
        """Open or create the log of a game of n players.

        Raises:
            ValueError: the file is the log of another game size, or a line but the last is torn.
        """
        self.path = Path(path)
        self.entries = list(_read_entries(self.path, n)) if self.path.exists() else []
        """What was paid for before."""
        self._drop_torn_line()
        self._file: TextIO = self.path.open("a", encoding="utf-8")
        if self._file.tell() == 0:
            self._write(f'{{"players":{n}}}\n')

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


def _read_entries(path: Path, n: int) -> Iterator[JournalEntry]:
    # Behind the last line break stands nothing, or a torn line.
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if number > 1:
                mask, value = int(row["mask"], 16), float(row["value"])
                yield JournalEntry(mask, row["draw"], value, row["cost"])
                continue
            players = row["players"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path} line {number} is no evaluation: {line[:80]!r}"
            ) from error
        if players != n:
            raise ValueError(
                f"{path} is the log of a game of {players} players; this game has {n}. "
                "Give it another file"
            )
