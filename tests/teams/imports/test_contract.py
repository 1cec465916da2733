"""What every format of recorded runs keeps, whatever stands in a log."""

import json
from pathlib import Path

import pytest

from shapley_coop.cli.main import main
from shapley_coop.cli.teams import imports as command
from shapley_coop.errors import InputError
from shapley_coop.teams.imports import formats
from shapley_coop.teams.imports.port import ImportedLog
from shapley_coop.teams.imports.registry import FORMATS, import_log
from tests.teams.imports.examples import EXAMPLES

NAMES = [form.name for form in FORMATS]
MOST_LINES = 150
HOSTILE = [
    None,
    True,
    -1,
    1e308,
    10**400,
    "",
    "\x1b]8;;http://x\x07\x1b[31mred\x00",
    "[bold red]<script>\u202etxt.exe",
    "\ud800",
    "n" * 5000,
    [],
    [[]],
    {},
    {"": None},
]
"""Values that a leaf of a log may hold instead of what belongs there."""


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def example(name, tmp_path):
    return EXAMPLES[name](tmp_path / "log")


def test_every_format_has_an_example_and_a_flag():
    assert set(EXAMPLES) == set(NAMES) == set(command.FORMATS)


def test_a_format_is_one_short_file():
    folder = Path(formats.__file__).parent
    files = {path.stem: path for path in folder.glob("*.py")}
    assert set(files) - {"__init__"} == set(NAMES)
    for path in files.values():
        assert len(path.read_text().splitlines()) <= MOST_LINES, path


def test_an_example_is_known_by_its_looks(name, example):
    assert import_log(example).format == name


def check(log: ImportedLog):
    """Check that a log can be shown: plain JSON, and tables of even rows."""
    fields = log.as_json()
    json.dumps(fields, allow_nan=False)
    for part in log.parts:
        assert not {"path", "format", "impossible", "left_out"} & set(part.as_json())
        for table in part.tables():
            assert all(len(row) == len(table.headings) for row in table.rows)
        assert all(isinstance(line, str) for line in part.sentences())


def test_an_example_can_be_shown(name, example, capsys):
    check(import_log(example, name))
    main(["import", str(example), "--format", name])
    shown = capsys.readouterr().out
    assert f"read as {name}" in shown
    main(["import", str(example), "--format", name, "--json"])
    fields = json.loads(capsys.readouterr().out)
    assert fields["format"] == name
    # A log of the past lets nobody be asked again, so some kinds of credit are beyond it.
    assert fields["impossible"]


def test_what_is_no_log_is_refused_in_words(name, tmp_path):
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"a": [1, 2]}')
    for path in (wrong, tmp_path / "none", Path("/dev/zero"), tmp_path):
        with pytest.raises(InputError) as refusal:
            import_log(path, name)
        assert refusal.value.field == "path"
        assert len(str(refusal.value)) < 1000


def leaves(value, place=()):
    """Yield the place of every value within a JSON value."""
    yield place
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*place, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, (*place, number))


def changed(value, place, other):
    """Return a JSON value with another one at a place."""
    if not place:
        return other
    copy = value.copy()
    copy[place[0]] = changed(value[place[0]], place[1:], other)
    return copy


def spoiled(path):
    """Yield the text of a JSON file with one hostile value in it, for each place and value."""
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines):
        value = json.loads(line)
        for place in leaves(value):
            for hostile in HOSTILE:
                text = json.dumps(changed(value, place, hostile))
                yield "\n".join([*lines[:number], text, *lines[number + 1 :]])


def test_a_wrong_value_anywhere_is_refused_or_left_out(name, example, capsys):
    files = [example]
    if example.is_dir():
        files = [path for path in example.rglob("*") if path.is_file()]
    tried = longest = 0
    for path in files:
        if path.suffix not in (".json", ".jsonl"):
            continue
        text = path.read_text()
        for number, wrong in enumerate(spoiled(path)):
            path.write_text(wrong)
            tried += 1
            try:
                log = import_log(example, name)
            except InputError as refusal:
                longest = max(longest, len(str(refusal)))
                continue
            check(log)
            if number % 97 == 0:
                main(["import", str(example), "--format", name])
                shown = capsys.readouterr().out
                assert not {"\x1b", "\x00", "\u202e"} & set(shown)
        path.write_text(text)
    assert longest < 1000
    assert tried or example.suffix not in ("", ".json", ".jsonl")


def test_runs_of_this_program_are_known_as_such(tmp_path):
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / "run.json").write_text("{}")
    with pytest.raises(InputError, match="report, compare and export read them"):
        import_log(tmp_path / "runs")
