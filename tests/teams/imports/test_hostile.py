"""Logs that were made to hurt whoever imports them: each is refused in words, or read."""

import json
import time
import tracemalloc

import pytest

from benchmarks.teams.hostile_logs import LOGS, contracts, play
from shapley_coop.cli.main import main
from shapley_coop.errors import InputError
from shapley_coop.teams.imports import bounds
from shapley_coop.teams.imports.registry import FORMATS, import_log

READ = (
    "NUL in names",
    "names that are markup",
    "names that are terminal escapes",
    "names that run right to left",
    "names of half characters",
    "a file name with escapes",
    "folders that hold themselves",
    "folders 300 deep",
)
"""Logs that say something all the same."""
REFUSED = {
    "lists a million deep": "nested too deeply",
    "objects 100,000 deep": "nested too deeply",
    "lists 500 deep": "499 deep",
    "bytes that are all NUL": "no JSON",
    "bytes that are no UTF-8": "no text in UTF-8",
    "UTF-16": "no text in UTF-8",
    "nothing": "no JSON",
    "cut in the middle": "line 1 of",
    "NaN": "NaN is no number",
    "infinity by 1e999": "too large a number",
    "a number of 5,000 digits": "a number of 5,000 digits is too large",
    "a number of 4,000 digits": "a number of 4,001 digits is too large",
    "a field that comes twice": "'signed' is given twice",
    "payments beyond floats": "is to be a number",
    "a pipe": "no file that can be read",
    "a device": "a link",
    "a device by its name": "name a file",
    "a link to a secret": "a link",
    "a terabyte of nothing": "larger than",
}
"""Logs that are refused by one of the formats, with words of the reason."""
LEAST = 40


def test_there_are_as_many_logs_as_were_asked_for():
    assert len(LOGS) >= LEAST
    assert {*READ, *REFUSED} <= set(LOGS)


@pytest.mark.parametrize("kind", [*READ, *REFUSED])
def test_a_hostile_log_is_read_or_refused_in_words(kind, tmp_path, capsys):
    path = LOGS[kind](tmp_path)
    said = []
    for name in [None, *(form.name for form in FORMATS)]:
        try:
            log = import_log(path, name)
        except InputError as error:
            said.append(str(error))
            continue
        json.dumps(log.as_json(), allow_nan=False)
        main(["import", str(path), "--format", log.format])
    assert all(len(words) < 1000 for words in said)
    if kind in READ:
        assert len(said) <= len(FORMATS)
    else:
        assert any(REFUSED[kind] in words for words in said), said
    shown = capsys.readouterr().out
    assert not {"\x1b", "\x00", "\x9b", "\u202e", "\u2066"} & set(shown)


@pytest.mark.parametrize("kind", ["20,000 sums of sums", "one sum of 30,000 answers"])
def test_spans_within_spans_take_seconds(kind, tmp_path):
    path = LOGS[kind](tmp_path)
    began = time.process_time()
    (run,) = import_log(path, "otel").as_json()["runs"]
    assert time.process_time() - began < 15
    took = run["seats"]["a"]["prompt_tokens"]
    # A sum of sums is that of the innermost, and answers come before their agent's own sum.
    assert took == (5 if "sums" in kind else 5 * 29_999)


def test_nothing_of_a_linked_file_is_shown(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    folder = contracts(tmp_path / "log")
    (folder / "records.jsonl").unlink()
    (folder / "records.jsonl").symlink_to(secret)
    with pytest.raises(InputError) as refusal:
        import_log(folder, "coopeval")
    assert "SECRET" not in str(refusal.value)


def test_a_long_line_is_not_read_to_its_end(tmp_path):
    folder = contracts(tmp_path / "log", play() + "\n" + "x" * (4 * bounds.MOST_LINE))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"line 2 of .* is longer"):
        import_log(folder, "coopeval")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * bounds.MOST_LINE


def test_a_file_has_so_many_lines_at_most(tmp_path):
    folder = contracts(tmp_path / "log", "\n" * (bounds.MOST_ENTRIES + 1))
    with pytest.raises(InputError, match="more than 100,000 lines"):
        import_log(folder, "coopeval")


def test_values_are_counted_over_all_files(tmp_path):
    for number in range(2):
        values = ",".join(["0"] * (bounds.MOST_VALUES * 6 // 10))
        (tmp_path / f"{number}.json").write_text(f"[{values}]")
    with pytest.raises(InputError, match="no model has a task"):
        import_log(tmp_path, "teambench")
    with pytest.raises(InputError) as refusal:
        import_log(tmp_path / "0.json", "teambench")
    assert "values" not in str(refusal.value)
