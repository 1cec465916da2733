"""What a person reads while a single episode is played: its transcript, line by line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shapley_coop.config.sections import Config
from shapley_coop.records.words import clean, names
from shapley_coop.runs.report.terminal import Heading, put, talk
from shapley_coop.runs.report.transcript.lines import TalkLine, Teller
from shapley_coop.runs.store import Event

_EVERYBODY = "the seats are thinking"


class Stream:
    """Prints the lines of an episode as its events come in.

    Args:
        console: where the lines go. On a terminal, a last line says who is thinking, and since
            when the episode is under way.
        title: what is played.
    """

    def __init__(self, console: Console, title: str) -> None:
        self.told = False
        """Whether anything was told. Of an episode that was played before, nothing is."""
        self._console = console
        self._title = title
        self._teller = Teller(live=True)
        self._part = ""
        self._thinking: list[str] = []
        self._live = console.is_terminal and not console.options.ascii_only
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not self._live,
        )
        self._task = self._bar.add_task(_EVERYBODY, total=None)

    @contextmanager
    def open(self) -> Iterator[Stream]:
        """Show who is thinking while the episode is played, and end with its last line."""
        with self._bar:
            yield self
            self._print(self._teller.end())

    def listen(self, event: Event) -> None:
        """Take an event as it happens."""
        if not self.told:
            self.told = True
            self._put([Heading(self._title)])
        # In the shape in which a run folder holds it, so that both are told alike.
        self._print(self._teller.hear(json.loads(event.line(0))))
        self._bar.update(self._task, description=escape(self._activity(event)))

    def _print(self, lines: Sequence[TalkLine]) -> None:
        self._put(talk(lines, self._console.width, self._part))
        if lines:
            self._part = lines[-1].part

    def _put(self, parts: Iterable[RenderableType]) -> None:
        # Whoever reads a pipe may have had enough, as `head` has. The run is wanted all the same,
        # while rich would end the program.
        with suppress(SystemExit, BrokenPipeError):
            put(self._console, parts)

    def _activity(self, event: Event) -> str:
        """Return what is waited for after an event."""
        if event.kind == "credit":
            return "credit is measured"
        if event.kind != "view":
            # Whatever was said or done is told by its own line. Now somebody thinks.
            self._thinking = []
            return _EVERYBODY
        self._thinking.append(clean(event.seat or "", 30))
        verb = "is" if len(self._thinking) == 1 else "are"
        return f"{names(self._thinking)} {verb} thinking"


def streams(config: Config) -> bool:
    """Return whether a run is told while it is played: several episodes at once would mingle."""
    return config.run.episodes == 1


def stream_of(config: Config) -> Stream:
    """Return the stream of a run of one episode on standard output."""
    game = clean(config.game_id, 60)
    protocol = clean(config.protocol.name, 40)
    players = [_player(config, config.agent)]
    for seat, agent in config.seats.items():
        players.append(f"{clean(seat, 40)} by {_player(config, agent)}")
    return Stream(Console(), f"{game} · {protocol}, played by {', '.join(players)}")


def _player(config: Config, agent: str) -> str:
    # A model says more than "llm" about who plays.
    return clean(config.model.name if agent == "llm" else agent, 60)
