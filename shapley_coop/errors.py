"""Every failure this project names, by the boundary it crossed.

ShapleyCoopError
├── InputError          what the user gave cannot be used            exit 2
│   ├── ConfigError     a field, value or name of the configuration
│   ├── PluginError     a game, agent, model or credit method by name
│   └── RunFolderError  a run folder that is foreign, corrupt or newer
│       └── RunTakenError   a run folder that somebody else is writing
├── IllegalMove         a move the rules of a table or game forbid   (recorded as a forfeit)
├── EpisodeError        something broke while an episode was played  exit 1 (if none was played)
│   ├── GameError       a game
│   ├── AgentError      an agent
│   ├── BackendError    what asks a model
│   └── WorthError      a way to measure credit
├── TeamError           a team of the user's own could not be run     exit 1
├── ModelError          a model could not be asked or gave no answer exit 1
├── StorageError        the disk refused                             exit 1
└── LimitReached        a budget or deadline of the user's was met   exit 3
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from types import TracebackType

CANCELLED_FROM_WITHIN = (
    "a game or an agent cancelled the task that waited for it, which is not its to end"
)
MOST_WRITTEN = 60
"""Characters of a value above which an error names its type alone."""


class ShapleyCoopError(Exception):
    """Base of everything the project raises on purpose."""

    exit_code = 1

    def __init__(self, message: str, *, field: str = "") -> None:
        """Keep the message and the setting to change, such as `limits.cost`.

        `field` is empty if no setting would help. A front end that has its own name for a
        setting, such as a command-line flag, adds it when it shows the error.
        """
        super().__init__(message)
        self.field = field
        self.folder = ""
        """The run folder that holds what was played before, if there is one."""

    def __str__(self) -> str:
        message = super().__str__()
        if not self.folder:
            return message
        return f"{message}; what was played is in {self.folder!r}"


class InputError(ShapleyCoopError):
    """What the user gave cannot be used."""

    exit_code = 2


class ConfigError(InputError):
    """A field, value or name of the configuration is wrong."""


class PluginError(InputError):
    """A game, agent, model or credit method cannot be loaded."""


class RunFolderError(InputError):
    """A run folder is foreign, corrupt or of a newer schema."""


class RunTakenError(RunFolderError):
    """A run folder is being written, by another process or by another call in this one."""


class IllegalMove(ShapleyCoopError):  # noqa: N818 - a forfeit, not a failure of the program
    """A move that the rules of a table or a game forbid here."""


class EpisodeError(ShapleyCoopError):
    """Something broke while an episode was played. It costs that episode, and the run goes on."""


class GameError(EpisodeError):
    """A game broke while it was being played."""


class AgentError(EpisodeError):
    """An agent broke, or answered with something that is no answer to what it was asked."""


class BackendError(EpisodeError):
    """A model's backend broke, or answered with something that is no reply."""


class WorthError(EpisodeError):
    """A worth kind broke while credit was measured."""


class TeamError(ShapleyCoopError):
    """A team of the user's own failed in every run, or in those without which nothing is valued."""


class ModelError(ShapleyCoopError):
    """A model could not be asked, or gave no usable answer.

    A `fatal` one would come again with every call, so it ends the run. Any other costs the seat
    that asked its turn.
    """

    def __init__(self, message: str, *, fatal: bool = True) -> None:
        super().__init__(message)
        self.fatal = fatal


class StorageError(ShapleyCoopError):
    """The disk refused to take what had to be written."""


class LimitReached(ShapleyCoopError):  # noqa: N818 - a limit is an ending, not a failure
    """A budget or deadline that the user set was met.

    If `episode` is given, the limit ends that episode alone.
    """

    exit_code = 3

    def __init__(
        self, message: str, *, episode: int | None = None, field: str = ""
    ) -> None:
        super().__init__(message, field=field)
        self.episode = episode


class Blame:
    """A context in which somebody else's code runs: whatever it raises gets a name.

    A plug-in may fail in any way, and may even try to end the program or to cancel what waits for
    it. Three things are no failure of its own and pass: an error of this project, an interrupt
    by the person, and the cancellation of the task that waits for it.
    """

    __slots__ = ("_failure",)

    def __init__(self, failure: Callable[[BaseException], ShapleyCoopError]) -> None:
        """Keep what makes the error that names the plug-in, from what it raised."""
        self._failure = failure

    def __enter__(self) -> None:
        """Do nothing: what counts is how the body ends."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Raise the error that names the plug-in, if the body raised something of its own."""
        if error is None or isinstance(error, (ShapleyCoopError, KeyboardInterrupt)):
            return
        raise_if_cancelled(error)
        raise self._failure(error) from error


def raise_if_cancelled(error: BaseException | None = None) -> None:
    """Raise a CancelledError if whoever runs this task has cancelled it.

    Whatever the code that waited made of its cancellation is given as the cause.
    """
    if not is_cancelled():
        return
    # Imported here, since loading it takes longer than all the rest of the engine.
    import asyncio

    if isinstance(error, asyncio.CancelledError):
        raise error
    raise asyncio.CancelledError from error


def is_cancelled() -> bool:
    """Return whether somebody has cancelled the task that this is called in."""
    import asyncio

    try:
        task = asyncio.current_task()
    except RuntimeError:
        # No loop runs here, so nobody can have cancelled anything.
        return False
    return task is not None and task.cancelling() > 0


def cause_text(error: BaseException) -> str:
    """Return an error that a plug-in raised as its kind and what it says, on one line."""
    kind = type(error).__name__
    # A plug-in's own error may fail even at that.
    try:
        words = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - a plug-in may fail in any way
        return kind
    return f"{kind}: {words}" if words else kind


def value_text(value: object) -> str:
    """Return a value that a plug-in returned as its type and, if it is short, as it is written."""
    kind = type(value).__name__
    if value is None:
        return kind
    # A plug-in's own type may fail even at that.
    try:
        written = repr(value)
    except Exception:  # noqa: BLE001 - a plug-in may fail in any way
        return kind
    is_short = len(written) <= MOST_WRITTEN and "\n" not in written
    return f"{kind} {written}" if is_short else kind


def unknown(what: str, name: str, names: Iterable[str], hint: str = "") -> str:
    """Return what to say of a name that nobody knows.

    Args:
        what: the kind of thing that was named, such as "game".
        name: what the user wrote.
        names: what exists. The closest of them is suggested.
        hint: what else can be done, beside giving another name.
    """
    choices = sorted(names)
    # A slip of one letter is by far the most frequent fault, so it is answered first.
    close = get_close_matches(name, choices, n=1)
    parts = [f"unknown {what} {name!r}"]
    if close:
        parts.append(f"did you mean {close[0]!r}?")
    parts.append(f"known: {', '.join(choices) or 'none'}")
    if hint:
        parts.append(hint)
    return "; ".join(parts)
