"""Recorded answers of language models: what was asked, what was said, what came of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from torch import Tensor

from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError, RunFolderError, unknown
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.memory.cassette import VERSION
from shapley_coop.llm.memory.lines import Contents, read_lines
from shapley_coop.records import Episode, Seat
from shapley_coop.rl.assignment.spec import NO_EVIDENCE, Spec, assign_credit, parse_spec
from shapley_coop.rl.training.dialogue.recorded_pays import RECORDED_PAYS
from shapley_coop.rl.trajectories.batch import Row, from_rows
from shapley_coop.runs.store import RunFolder

Grouping = Literal["seat", "turn"]
"""Whether answers are compared with those of the same seat, or with those of its same turn."""


@dataclass(frozen=True)
class RecordedAnswer:
    """One answer of one seat."""

    run: int
    """Number of the run."""
    episode: int
    seat: Seat
    turn: int
    """How many answers the seat gave before in this episode."""
    messages: tuple[Message, ...]
    text: str


class WeighedAnswer(NamedTuple):
    """A prompt with one text, however often it was said."""

    messages: tuple[Message, ...]
    text: str
    praise: float
    """The sum of the credit above 0 of all that said it, over the number of all answers."""
    blame: float
    """The same below 0."""


def answers_of(
    folder: Path, number: int
) -> tuple[list[RecordedAnswer], dict[int, Episode]]:
    """Return all answers of language models in a run, and its finished episodes.

    Args:
        folder: a run folder.
        number: what the run is called among others.

    Raises:
        RunFolderError: the run holds no answer in a finished episode.
    """
    run = RunFolder.open(folder)
    episodes = {play.index: play for play in run.episodes() if play.status == "done"}
    contents = Contents()
    read_lines(run.calls, contents, VERSION)
    spoken: dict[tuple[int, Seat], int] = {}
    answers = []
    for call in contents.calls.values():
        place = (call["episode"], call["seat"])
        turn = spoken.get(place, 0)
        spoken[place] = turn + 1
        if call["episode"] not in episodes:
            continue
        messages = tuple(
            Message.model_validate(contents.values[name]) for name in call["messages"]
        )
        text = call["reply"]["text"]
        answers.append(RecordedAnswer(number, *place, turn, messages, text))
    if not answers:
        raise RunFolderError(
            f"{str(folder)!r} holds no answer of a language model in a finished episode; play "
            "with a model at some seat",
            field="from",
        )
    return answers, episodes


def game_of_runs(folders: Sequence[Path], game: Mapping[str, Any]) -> Config | None:
    """Return under which configuration runs were played whose answers are compared.

    It is that of the first one, and None of no runs.

    Args:
        folders: run folders.
        game: the table of the game that is learned: its id and those parameters that are asked for.

    Raises:
        RunFolderError: a run played another game, or not under the protocol of the first.
    """
    first: Config | None = None
    for folder in folders:
        config = RunFolder.open(folder).config
        differing = [
            name for name, value in game.items() if config.game.get(name) != value
        ]
        if differing:
            asked = {name: game[name] for name in differing}
            played = {name: config.game.get(name) for name in differing}
            raise RunFolderError(
                f"{str(folder)!r} played game {played}, and {asked} is to be learned; name the "
                "game of the runs, or other runs",
                field="from",
            )
        first = first or config
        if (config.game, config.protocol) != (first.game, first.protocol):
            raise RunFolderError(
                f"{str(folder)!r} and {str(folders[0])!r} differ in their game or protocol, so "
                "that their answers cannot be compared; learn from one of them, then from the "
                "other by --start",
                field="from",
            )
    return first


def check_weighing(pay: str, credit: str) -> Spec:
    """Return what a credit means, once it and a pay can be used on recorded answers.

    Raises:
        ConfigError: the pay or the credit method is unknown, or needs more than rewards.
    """
    if pay not in RECORDED_PAYS:
        raise ConfigError(unknown("pay", pay, RECORDED_PAYS), field="pay")
    try:
        spec = parse_spec(credit)
    except ValueError as error:
        raise ConfigError(str(error), field="credit") from error
    needs = set(spec.time.method.needs)
    if spec.seat is not None:
        needs.add("seat credit")
    if needs:
        raise ConfigError(
            f"credit {credit!r} cannot be used on answers: it needs {', '.join(sorted(needs))}, "
            "which a run does not record; take another method, such as grpo, gigpo or gae",
            field="credit",
        )
    return spec


def weigh(
    folders: Sequence[Path], pay: str, credit: str, grouping: Grouping
) -> list[WeighedAnswer]:
    """Return every different answer of some runs with the credit of all that gave it.

    All runs are compared, which `game_of_runs` allows or not. Each seat is paid at its last
    answer, and the credit method spreads that over its answers.

    Args:
        folders: run folders.
        pay: one of `RECORDED_PAYS`.
        credit: what `parse_spec` reads. It may need the rewards alone.
        grouping: with what an answer is compared.

    Raises:
        ConfigError: the pay or the credit method is unknown, or needs more than rewards.
        RunFolderError: a run holds no answers.
    """
    spec = check_weighing(pay, credit)
    answers: list[RecordedAnswer] = []
    rows: list[Row] = []
    # Runs number their episodes alike, so each of each run gets a number of its own.
    numbers: dict[tuple[int, int], int] = {}
    for number, folder in enumerate(folders):
        own, episodes = answers_of(folder, number)
        # By number, since episodes that were played at once stand in the file mixed.
        own.sort(key=lambda answer: (answer.episode, answer.seat, answer.turn))
        answers += own
        paid = {index: RECORDED_PAYS[pay](play) for index, play in episodes.items()}
        rows += _rows(own, episodes, paid, numbers)
    try:
        batch = from_rows(_numbered(rows, grouping))
        credit_R = assign_credit(spec, batch, NO_EVIDENCE).row_R
    except ValueError as error:
        raise ConfigError(
            f"credit {credit!r} cannot be used on answers: {error}", field="credit"
        ) from error
    return _merged([answers[place] for place in batch.source_R.tolist()], credit_R)


def _rows(
    answers: Sequence[RecordedAnswer],
    episodes: Mapping[int, Episode],
    paid: Mapping[int, Mapping[Seat, float]],
    numbers: dict[tuple[int, int], int],
) -> list[Row]:
    """Return answers of a run as rows, each seat paid at its last one.

    Args:
        answers: all of the run.
        episodes: those of the run.
        paid: what seats are paid, by episode.
        numbers: of (run, episode) so far. Those of this run are added.
    """
    last = {(answer.episode, answer.seat): answer for answer in answers}
    rows = []
    for answer in answers:
        is_last = last[answer.episode, answer.seat] is answer
        row = Row(
            numbers.setdefault((answer.run, answer.episode), len(numbers)),
            answer.turn,
            reward=paid[answer.episode][answer.seat] if is_last else 0.0,
            seat=episodes[answer.episode].seats.index(answer.seat),
            anchor=_digest(answer.messages),
            values=(0.0,),
        )
        rows.append(row)
    return rows


def _numbered(rows: Sequence[Row], grouping: Grouping) -> list[Row]:
    """Return the rows in the groups that are compared.

    By `turn`, each answer is a trajectory of its own with all that its seat is paid from there on,
    so that a group holds the same turn of the same seat (agent- and turn-wise GRPO).
    """
    if grouping == "seat":
        return list(rows)
    paid: dict[tuple[int, int], float] = {}
    for row in rows:
        paid[row.episode, row.seat] = (
            paid.get((row.episode, row.seat), 0.0) + row.reward
        )
    numbered = []
    numbers: dict[tuple[int, int], int] = {}
    for row in rows:
        alone = Row(
            # A trajectory is told by its episode, so each turn counts as an episode of its own.
            numbers.setdefault((row.episode, row.turn), len(numbers)),
            0,
            reward=paid[row.episode, row.seat],
            seat=row.seat,
            group=row.turn,
            anchor=row.anchor,
            values=row.values,
        )
        numbered.append(alone)
    return numbered


def _merged(answers: Iterable[RecordedAnswer], credit_R: Tensor) -> list[WeighedAnswer]:
    """Return different answers once, with the praise and the blame of all equal ones."""
    weighed: dict[tuple[str, str], WeighedAnswer] = {}
    part = 1 / len(credit_R)
    for answer, credit in zip(answers, credit_R.tolist(), strict=True):
        name = (_digest(answer.messages), answer.text)
        fresh = WeighedAnswer(answer.messages, answer.text, 0.0, 0.0)
        before = weighed.get(name, fresh)
        weighed[name] = before._replace(
            praise=before.praise + part * max(credit, 0.0),
            blame=before.blame + part * min(credit, 0.0),
        )
    return list(weighed.values())


def _digest(messages: Sequence[Message]) -> str:
    text = "\x00".join(said.content for said in messages)
    return hashlib.sha256(text.encode()).hexdigest()
