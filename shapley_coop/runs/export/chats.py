"""The recorded chats of a run: what models were asked and answered, in the order of asking."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from shapley_coop.errors import InputError
from shapley_coop.interfaces.model import Reply
from shapley_coop.llm.memory.cassette import VERSION
from shapley_coop.llm.memory.lines import Contents, read_lines
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.store import RunFolder


class RecordedChat(NamedTuple):
    """A question to a model, and its answer."""

    episode: int
    seat: Seat
    purpose: str
    """What it was asked for, such as `act`."""
    model: str
    messages: tuple[dict[str, str], ...]
    """What was asked: role and content of each message. Pictures are left out."""
    reply: Reply


def chats_of(run: RunFolder) -> Iterator[RecordedChat]:
    """Yield the chats of a run.

    Raises:
        InputError: it recorded none, as of rule agents.
        RunFolderError: the record is corrupt.
    """
    contents = Contents()
    if run.calls.exists():
        read_lines(run.calls, contents, VERSION)
    if not contents.calls:
        raise InputError(
            f"run {run.path.name} holds no chat with a model; export it to atif, otel, parquet "
            "or csv, which hold what was done",
            field="to",
        )
    for call in contents.calls.values():
        yield RecordedChat(
            episode=call["episode"],
            seat=call["seat"],
            purpose=call["purpose"],
            model=call["model"],
            messages=tuple(
                _message(contents.values[name]) for name in call["messages"]
            ),
            reply=Reply.model_validate(call["reply"]),
        )


def chats_by_seat(
    run: RunFolder,
) -> Iterator[tuple[Episode, Seat, list[RecordedChat]]]:
    """Yield the chats of each seat that asked a model, episode by episode.

    What was asked in an episode that was cut belongs to no record, and is left out.

    Raises:
        InputError: the run recorded none, as of rule agents.
        RunFolderError: the folder is corrupt.
    """
    chats: dict[tuple[int, Seat], list[RecordedChat]] = {}
    for chat in chats_of(run):
        chats.setdefault((chat.episode, chat.seat), []).append(chat)
    for episode in run.episodes():
        for seat in episode.seats:
            own = chats.get((episode.index, seat))
            if own:
                yield episode, seat, own


def _message(value: Any) -> dict[str, str]:
    return {"role": value["role"], "content": value["content"]}
