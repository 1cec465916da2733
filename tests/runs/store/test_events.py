"""Episodes that run at once leave the same files as episodes that run one after another."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.records import Always, Clause, Episode
from shapley_coop.runs.store import RunWriter, first_difference, strip_time

SEATS = ("player_0", "player_1")


def play(runs: Path, order: list[int], lengths: list[int], start: float) -> RunWriter:
    """Interleave episodes: `order` says which episode makes the next event or ends."""
    config = resolve({"game": {"id": "escape-room"}, "run": {"episodes": len(lengths)}})
    ticks = iter(range(100_000))
    writer = RunWriter.create(runs, config, clock=lambda: start + next(ticks) / 8)
    recorders = [writer.recorder(index) for index in range(len(lengths))]
    told = [0] * len(lengths)
    for index in order:
        if told[index] < lengths[index]:
            recorders[index].emit(
                "say", phase="task", round=1, seat="player_0", text=told[index]
            )
        elif told[index] == lengths[index]:
            recorders[index].finish(Episode(index=index, seed=index, seats=SEATS))
        told[index] += 1
    return writer


@st.composite
def schedules(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    lengths = draw(st.lists(st.integers(0, 5), min_size=1, max_size=6))
    turns = [index for index, length in enumerate(lengths) for _ in range(length + 1)]
    return draw(st.permutations(turns)), lengths


@settings(max_examples=25, deadline=None)
@given(schedules())
def test_any_interleaving_gives_the_files_of_the_sequence(
    tmp_path_factory: pytest.TempPathFactory, schedule: tuple[list[int], list[int]]
) -> None:
    order, lengths = schedule
    folder = tmp_path_factory.mktemp("runs")
    with (
        play(folder / "a", order, lengths, 1e9) as mixed,
        play(folder / "b", sorted(order), lengths, 2e9) as plain,
    ):
        one, other = mixed.path, plain.path
    assert first_difference(one / "events.jsonl", other / "events.jsonl") is None
    assert (one / "episodes.jsonl").read_bytes() == (
        other / "episodes.jsonl"
    ).read_bytes()
    events = [
        json.loads(line) for line in (one / "events.jsonl").read_text().splitlines()
    ]
    assert [event["seq"] for event in events] == list(range(sum(lengths)))
    assert [event["episode"] for event in events] == sorted(
        event["episode"] for event in events
    )


def test_the_lowest_open_episode_is_written_as_it_happens(
    writer: RunWriter, episode: Callable[..., Episode]
) -> None:
    def on_disk() -> list[tuple[int, str]]:
        lines = (writer.path / "events.jsonl").read_text().splitlines()
        return [(event["episode"], event["kind"]) for event in map(json.loads, lines)]

    first, second, third = (writer.recorder(index) for index in range(3))
    second.emit("act", phase="play", seat="player_0", step=0, action="door")
    assert on_disk() == []
    first.emit("say", phase="task", seat="player_0", text="hello")
    assert on_disk() == [(0, "say")]
    third.emit("act", phase="play")
    third.finish(episode(2))
    assert writer.episodes() == []
    first.finish(episode(0))
    assert on_disk() == [(0, "say"), (1, "act")]
    second.emit("reward", phase="play")
    assert on_disk()[-1] == (1, "reward")
    second.finish(episode(1))
    assert on_disk()[-1] == (2, "act")
    assert [e.index for e in writer.episodes()] == [0, 1, 2]
    assert writer.next == 3


def test_a_listener_hears_every_event_when_it_happens(
    tmp_path: Path, config: Config, clock: Callable[[], float]
) -> None:
    heard = []
    with RunWriter.create(tmp_path, config, clock=clock, listen=heard.append) as writer:
        writer.recorder(3).emit("say", phase="task", seat="player_1", text="early")
    assert [(event.episode, event.seat, event.data) for event in heard] == [
        (3, "player_1", {"text": "early"})
    ]


def test_misuse_is_refused(writer: RunWriter, episode: Callable[..., Episode]) -> None:
    recorder = writer.recorder(0)
    with pytest.raises(ValueError, match="unknown event kind 'shout'"):
        recorder.emit("shout", phase="task")
    with pytest.raises(ValueError, match="episode 0 was given episode 1"):
        recorder.finish(episode(1))
    recorder.finish(episode(0))
    with pytest.raises(ValueError, match="episode 0 has ended"):
        recorder.emit("say", phase="task")
    with pytest.raises(ValueError, match="episode 0 is on disk"):
        writer.recorder(0)
    later = writer.recorder(2)
    later.finish(episode(2))
    with pytest.raises(ValueError, match="episode 2 has ended"):
        later.finish(episode(2))


def test_records_and_any_text_fit_in_a_line(writer: RunWriter) -> None:
    clause = Clause(payer="player_0", payee="player_1", price=2, condition=Always())
    text = 'line\nbreak \x1b[31m red \u2028 \u202e "quoted" \ud800 ü'
    recorder = writer.recorder(0)
    recorder.emit(
        "offer", phase="task", offer=clause, text=text, bound=frozenset({"b", "a"})
    )
    raw = (writer.path / "events.jsonl").read_bytes()
    assert raw.count(b"\n") == 1
    assert raw.isascii()
    [event] = writer.folder.events()
    assert event["data"]["text"] == text
    assert event["data"]["bound"] == ["a", "b"]
    assert Clause.model_validate(event["data"]["offer"]) == clause
    with pytest.raises(TypeError, match="JSON values and records"):
        recorder.emit("say", phase="task", text=object())


def test_time_is_stripped_where_it_is_ours_and_nowhere_else() -> None:
    line = b'{"seq":1,"time":5.5,"data":{"seconds":2,"time":1,"view":{"time":3},"action":"wait"}}'
    assert strip_time(line) == b'{"seq":1,"data":{"view":{"time":3},"action":"wait"}}'


def test_the_first_difference_is_named(tmp_path: Path) -> None:
    left, right = tmp_path / "left", tmp_path / "right"
    left.write_text('{"seq":0,"time":1}\n{"seq":1,"x":1}\n')
    right.write_text('{"seq":0,"time":2}\n{"seq":1,"x":2}\n')
    found = first_difference(left, right)
    assert found is not None
    assert (found.number, found.left, found.right) == (
        2,
        b'{"seq":1,"x":1}',
        b'{"seq":1,"x":2}',
    )
    right.write_text('{"seq":0,"time":2}\n')
    found = first_difference(left, right)
    assert found is not None
    assert found.right is None
    assert first_difference(left, tmp_path / "absent") is not None
