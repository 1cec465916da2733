"""The record of calls: exact, torn ends tolerated, foreign files refused."""

import json

import pytest

from shapley_coop.errors import RunFolderError, StorageError
from shapley_coop.interfaces.model import Reply, key
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money.amounts import Occasion
from tests.fixtures.models import OFFER, request_for

ABOUT = Occasion("p0", 0, "offer")


def fill(path, *texts):
    tape = Cassette(path)
    for text in texts:
        tape.add(request_for(text, schema=OFFER), Reply(text=f"re {text}"), ABOUT)
    tape.close()
    return path


def test_what_was_recorded_is_found_again(tmp_path):
    path = fill(tmp_path / "calls.jsonl", "one", "two")
    tape = Cassette(path, writable=False)
    found = tape.find(request_for("two", schema=OFFER))
    assert found is not None
    assert (found.text, found.source) == ("re two", "cassette")
    assert tape.find(request_for("three", schema=OFFER)) is None
    assert tape.find(request_for("two")) is None
    assert len(tape) == 2


def test_messages_and_schemas_are_written_once(tmp_path):
    path = fill(tmp_path / "calls.jsonl", "same", "other")
    again = Cassette(path)
    again.add(request_for("same", schema=OFFER, seed=9), Reply(text="x"), ABOUT)
    again.close()
    kinds = [json.loads(line)["kind"] for line in path.read_text().splitlines()]
    assert kinds == ["cassette", "message", "schema", "call", "message", "call", "call"]


def test_key_depends_on_everything_that_decides_a_reply():
    base = request_for("x", schema=OFFER)
    others = [
        base.model_copy(update={"model": "m"}),
        base.model_copy(update={"endpoint": "e"}),
        base.model_copy(update={"draw": 1}),
        base.model_copy(update={"schema_": None}),
        request_for("y", schema=OFFER),
        request_for("x", schema=OFFER, seed=4),
        request_for("x", schema=OFFER, temperature=0.1),
    ]
    assert len({key(request) for request in [base, *others]}) == 1 + len(others)


@pytest.mark.parametrize("torn", [1, 20, 200])
def test_torn_end_is_cut_off_and_writing_goes_on(tmp_path, torn):
    path = fill(tmp_path / "calls.jsonl", "one", "two")
    path.write_bytes(path.read_bytes()[:-torn])
    tape = Cassette(path)
    assert tape.find(request_for("one", schema=OFFER)) is not None
    assert tape.find(request_for("two", schema=OFFER)) is None
    tape.add(request_for("two", schema=OFFER), Reply(text="anew"), ABOUT)
    tape.close()
    reread = Cassette(path, writable=False).find(request_for("two", schema=OFFER))
    assert reread is not None
    assert reread.text == "anew"


def test_cut_at_any_byte_loses_only_the_torn_call(tmp_path):
    whole = fill(tmp_path / "whole.jsonl", "one", "two").read_bytes()
    path = tmp_path / "cut.jsonl"
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        fill(path, "three")
        tape = Cassette(path, writable=False)
        calls = [
            line
            for line in whole[:length].splitlines(keepends=True)
            if b'"key"' in line
        ]
        assert len(tape) == 1 + sum(line.endswith(b"\n") for line in calls)
        assert tape.find(request_for("three", schema=OFFER)) is not None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"kind":"call"}\n', "line 1"),
        ("[1]\n", "line 1"),
        ("hello\n", "line 1"),
        ('{"kind":"cassette","version":99}\n', "version 99 is newer than 1"),
        ('{"kind":"cassette","version":1}\n{"kind":"call"}\n', "line 2"),
    ],
)
def test_foreign_file_is_refused(tmp_path, content, says):
    path = tmp_path / "calls.jsonl"
    path.write_text(content)
    with pytest.raises(RunFolderError, match=says):
        Cassette(path)
    assert path.read_text() == content


@pytest.mark.parametrize("mode", ["auto", "replay"])
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("reply", None, "reply"),
        ("reply", {"text": None}, "reply.text"),
        ("reply", {"text": "x", "usage": {"prompt": "many"}}, "reply.usage.prompt"),
        ("messages", None, "messages"),
        ("messages", [3], "messages.0"),
        ("sampling", [], "sampling"),
        ("schema", {}, "schema"),
        ("episode", "first", "episode"),
        ("kind", "cal", "'cal'"),
        ("kind", [], "unhashable"),
    ],
)
def test_a_damaged_line_is_told(tmp_path, name, value, says, mode):
    path = fill(tmp_path / "calls.jsonl", "one")
    lines = path.read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if '"kind":"call"' in line)
    lines[place] = json.dumps(json.loads(lines[place]) | {name: value})
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(RunFolderError, match=rf"line {place + 1}, is no record") as end:
        Cassette(path, writable=mode == "auto")
    assert says in str(end.value)


def test_a_line_that_is_nested_too_deeply_is_told(tmp_path):
    path = fill(tmp_path / "calls.jsonl", "one")
    with path.open("a") as file:
        file.write("[" * 100_000 + "]" * 100_000 + "\n")
    with pytest.raises(RunFolderError, match="is no record of a call"):
        Cassette(path)


def test_replay_needs_the_file(tmp_path):
    with pytest.raises(RunFolderError, match="cannot read cassette"):
        Cassette(tmp_path / "none.jsonl", writable=False)


def test_full_disk_loses_nothing(tmp_path, monkeypatch):
    path = fill(tmp_path / "calls.jsonl", "one")
    before = path.read_bytes()
    tape = Cassette(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.pwrite", full)
        with pytest.raises(StorageError, match="No space left"):
            tape.add(request_for("two"), Reply(text="x"), ABOUT)
    assert path.read_bytes() == before
    assert tape.find(request_for("two")) is None
    tape.close()


def test_unwritable_folder(tmp_path):
    with pytest.raises(StorageError, match="cannot write"):
        Cassette(tmp_path / "none" / "calls.jsonl")


def test_missing_request_shows_the_nearest_as_a_short_diff(tmp_path):
    path = fill(tmp_path / "calls.jsonl", "Offer a price.", "Something else entirely")
    tape = Cassette(path, writable=False)
    message = str(tape.missing(request_for("Offer a prize.", schema=OFFER)))
    assert "- user: Offer a price." in message
    assert "+ user: Offer a prize." in message
    assert "entirely" not in message
    long = "\n".join(f"line {number}" for number in range(200))
    assert len(str(tape.missing(request_for(long))).splitlines()) < 30


def test_missing_request_of_an_empty_cassette():
    assert "among its 0 calls" in str(Cassette().missing(request_for()))
