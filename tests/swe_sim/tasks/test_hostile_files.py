"""Files of tasks that somebody else wrote: whatever they hold, an error in words or a task."""

import json
import os

import pytest

from shapley_coop.errors import ConfigError
from swe_sim.tasks import load
from swe_sim.tasks.loading import reading
from tests.swe_sim.tasks.test_loading import HUMANEVAL, MBPP

DEEP = "(" * 5_000 + ")" * 5_000
SUM = "1" + " + 1" * 20_000
FILES = {
    "nothing": b"",
    "nul": b"\0" * 100,
    "half": json.dumps(HUMANEVAL).encode()[:200],
    "bytes": b"\xff\xfe\x00\x01",
    "number": b"3",
    "list of lists": b"[[[]]]",
    "deep list": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000,
    "other fields": b'{"question": 1}',
    "huge number": b"[" + b"9" * 10_000 + b"]",
    "texts missing": b'{"prompt": 1, "entry_point": 2, "canonical_solution": 3, "test": 4}',
    "no code": json.dumps(HUMANEVAL | {"test": "def check("}).encode(),
    "no check": json.dumps(HUMANEVAL | {"test": "x = 1"}).encode(),
    "nul in code": json.dumps(HUMANEVAL | {"canonical_solution": "\0"}).encode(),
    "deep code": json.dumps(HUMANEVAL | {"canonical_solution": f"    return {DEEP}"}).encode(),
    "long sum": json.dumps(HUMANEVAL | {"test": f"def check(c):\n    assert {SUM}"}).encode(),
    "entry point": json.dumps(HUMANEVAL | {"entry_point": "a; import os"}).encode(),
    "no assertions": json.dumps(MBPP | {"test_list": []}).encode(),
    "assertions": json.dumps(MBPP | {"test_list": [1, None, {}]}).encode(),
    "deep mbpp": json.dumps(MBPP | {"code": f"x = {DEEP}"}).encode(),
    "no python": json.dumps(MBPP | {"code": "def ("}).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_refused_in_words(tmp_path, name):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(FILES[name])
    with pytest.raises(ConfigError):
        load(path)


def folder_of(tmp_path, record):
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / "a.py").write_text("x = 1\n")
    (tmp_path / "issue.json").write_text(record)
    return tmp_path


@pytest.mark.parametrize(
    "record",
    [
        '"instance_id"',
        '["instance_id"]',
        '{"instance_id": ',
        '{"instance_id": 3}',
        '{"instance_id": "a", "patch": 1}',
        '{"instance_id": "a", "patch": "x", "test_patch": "", "problem_statement": ""}',
        '{"instance_id": "a", "patch": "--- a/../../x\\n+++ b/../../x\\n@@ -1 +1 @@\\n-a\\n+b\\n"'
        ', "test_patch": "", "problem_statement": ""}',
        '{"instance_id": "a", "patch": "", "test_patch": "", "problem_statement": "", '
        '"FAIL_TO_PASS": ["no.py::x"]}',
        '{"instance_id": "a", "patch": "", "test_patch": "", "problem_statement": "", '
        '"FAIL_TO_PASS": "[[["}',
    ],
)
def test_a_folder_is_refused_in_words(tmp_path, record):
    with pytest.raises(ConfigError):
        load(folder_of(tmp_path, record))


def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "rows.jsonl")
    with pytest.raises(ConfigError, match="is no file"):
        load(tmp_path / "rows.jsonl")
    os.mkfifo(tmp_path / "issue.json")
    with pytest.raises(ConfigError, match="is no file"):
        load(tmp_path)


def test_a_device_is_no_file():
    with pytest.raises(ConfigError, match="is no file"):
        load("/dev/zero")


def test_what_is_too_large_is_not_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ConfigError, match="104,857,600 bytes"):
        load(path)


def test_too_many_files_are_not_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_LISTED", 5)
    folder = folder_of(tmp_path, '{"instance_id": "a"}')
    for number in range(10):
        (folder / "repo" / f"{number}.txt").touch()
    with pytest.raises(ConfigError, match="more than 5 files"):
        load(folder)


def test_links_lead_nowhere(tmp_path):
    folder = folder_of(tmp_path, '{"instance_id": "a", "patch": ""}')
    (folder / "repo" / "round").symlink_to(folder / "repo")
    (folder / "repo" / "secret.py").symlink_to("/etc/passwd")
    names = [path.name for path in reading.files_below(folder / "repo", ())]
    assert names == ["a.py"]
