"""The durable log of evaluations: one JSON line a draw, flushed; a torn last line is tolerated."""

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
    """An append-only file of the draws of one game; give each game its own file."""

    def __init__(self, path: str | Path, n: int) -> None:
        """Open or create the log of a game of n players.

        Raises:
            ValueError: the file is the log of another game size, or a line but the last is torn.
        """
        self.path = Path(path)
        self.known = list(_read(self.path, n)) if self.path.exists() else []
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
        with self.path.open("r+b") as file:
            kept = file.read()
            whole = kept.rfind(b"\n") + 1
            if whole < len(kept):
                file.truncate(whole)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _read(path: Path, n: int) -> Iterator[JournalEntry]:
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(
        lines[:-1], start=1
    ):  # the last piece is empty or torn
        try:
            row = json.loads(line)
            if number == 1:
                found = row["players"]
            else:
                yield JournalEntry(
                    int(row["mask"], 16), row["draw"], float(row["value"]), row["cost"]
                )
                continue
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{path} line {number} is no evaluation: {line[:80]!r}"
            ) from error
        if found != n:
            raise ValueError(
                f"{path} is the log of a game of {found} players; this game has {n}. "
                "Give it another file"
            )
