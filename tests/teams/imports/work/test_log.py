"""Work logs of other systems: repeated roles count, and what is no log is refused in a sentence."""

import json

import pytest

from shapley_coop.errors import ConfigError
from shapley_coop.teams.imports.work.entries import WorkEntry, amounts_in, count_entries
from shapley_coop.teams.imports.work.log import read_log

CONDENSED = """{
  "Task Description": "Build a thing of 3 lines",
  "CEO": "Decide on the product, completed: 1 decision made",
  "System": "Processed 444 tokens",
  "Programmer": "Develop it, completed: 2 files created (38 lines of code)",
  "Code Reviewer": "Review, completed: 1 critical issue identified",
  "CEO": "Approve the language, completed: 2 decisions confirmed",
  "Programmer": "Improve it, completed: 3 issues fixed (45 total lines of code)",
  "Programmer": "Improve it, completed: 3 issues fixed (45 total lines of code)",
  "Code Reviewer": "Finish the review, completed: 3 critical issues resolved",
  "CPO": "Prepared user documentation, completed: 1 manual.md file",
  "Counselor": "Verified user requirements",
  "summary": {"metrics": {"code_lines": 45}}
}"""
CHATDEV = """[2024-01-02 05 INFO] System: **[chatting]**

| **phase_name** | Coding |

[2024-01-02 06 INFO] CPO: **CPO<->CEO on : DemandAnalysis, turn 0**

[You are somebody.]

<INFO> Application

[2024-01-02 07 INFO] Programmer: **Programmer<->CTO on : Coding, turn 0**

main.py
```python
x = 1

y = 2
```

[2024-01-02 08 INFO] Reviewer: **Reviewer<->Programmer on : CodeReviewComment, turn 0**

y is wrong

[2024-01-02 09 INFO] Programmer: **Programmer<->Reviewer on : CodeReviewModification, turn 0**

```python
x = 1
```

[2024-01-02 10 INFO] Reviewer: **Reviewer<->Programmer on : CodeReviewComment, turn 0**

<INFO> Finished

[2024-01-02 11 INFO] CPO: **CPO<->CEO on : Manual, turn 0**

# Manual
"""
MESSAGE = {"role": "Engineer", "cause_by": "metagpt.actions.write_code.WriteCode"}
METAGPT = {
    "env": {
        "history": [
            {"role": "Human", "cause_by": "UserRequirement", "content": "write it"},
            {"role": "Architect", "cause_by": "a.WriteDesign", "content": "two files"},
            {**MESSAGE, "content": "```python\nx = 1\ny = 2\n```"},
        ],
        "roles": {
            "Engineer": {
                "memory": [{**MESSAGE, "content": "```python\nx = 1\ny = 2\n```"}]
            }
        },
    },
    "cost": 3,
}


def read(tmp_path, text):
    path = tmp_path / "log"
    path.write_text(text, encoding="utf-8")
    return read_log(path)


def test_roles_that_come_again_lose_nothing(tmp_path):
    log = read(tmp_path, CONDENSED)
    assert log.format == "condensed"
    assert log.entries == {
        "CEO": 2,
        "Programmer": 3,
        "Code Reviewer": 2,
        "CPO": 1,
        "Counselor": 1,
    }
    nothing = {"code": 0, "decisions": 0, "documents": 0, "fixes": 0}
    assert log.counts["CEO"] == {**nothing, "decisions": 3}
    assert log.counts["Programmer"] == {**nothing, "code": 45, "fixes": 3}
    assert log.counts["Code Reviewer"] == {**nothing, "fixes": 3}
    assert log.counts["CPO"] == {**nothing, "documents": 1}
    assert log.counts["Counselor"] == {**nothing, "documents": 1}


def test_chatdev_is_read_by_its_phases(tmp_path):
    log = read(tmp_path, CHATDEV)
    assert log.format == "chatdev"
    assert log.counts == {
        "CPO": {
            "code": 0,
            "decisions": 1,
            "documents": 1,
            "fixes": 0,
        },
        "Programmer": {"code": 2, "decisions": 0, "documents": 0, "fixes": 1},
        "Reviewer": {"code": 0, "decisions": 0, "documents": 0, "fixes": 1},
    }


@pytest.mark.parametrize("lines", [False, True])
def test_messages_of_metagpt_count_once_each(tmp_path, lines):
    history = METAGPT["env"]["history"]
    text = "\n".join(map(json.dumps, history)) if lines else json.dumps(METAGPT)
    log = read(tmp_path, text)
    assert log.format == "metagpt"
    assert log.counts == {
        "Architect": {"code": 0, "decisions": 1, "documents": 0, "fixes": 0},
        "Engineer": {"code": 2, "decisions": 0, "documents": 0, "fixes": 0},
    }


def test_the_report_divides_a_reward(tmp_path):
    fields = read(tmp_path, CONDENSED).as_json(200.0)
    json.dumps(fields, allow_nan=False)
    assert sum(role["reward"] for role in fields["roles"].values()) == pytest.approx(
        200
    )
    assert fields["weight_sums"] == pytest.approx([0.62, 1.15])
    assert fields["nobody_did"] == []
    low, high = fields["roles"]["CEO"]["evidence"]
    assert (low, high) == pytest.approx((0.15, 0.35))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("completed: 2 files created (1,038 lines of code)", {"code": 1038}),
        ("wrote 30 lines of documentation", {"documents": 1}),
        ("7 lines modified, 2 error handlers added", {"code": 7, "fixes": 2}),
        ("selected Python", {"decisions": 1}),
        ("Fixed it", {"fixes": 1}),
        ("had lunch", {}),
        ("version 2.5 of 3 decisions", {"decisions": 3}),
        ("1" * 400 + " lines", {"code": 10_000_000}),
        ("1" + "-a" * 5000, {}),
    ],
)
def test_amounts_in_words(text, expected):
    assert amounts_in(text) == expected


def test_the_same_words_of_one_role_count_once():
    twice = [WorkEntry("CEO", "1 decision made"), WorkEntry("CEO", "1 decision made")]
    assert count_entries(twice)["CEO"]["decisions"] == 1
    assert (
        count_entries([*twice, WorkEntry("CTO", "1 decision made")])["CTO"]["decisions"]
        == 1
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no log that can be read"),
        ("hello", "no log that can be read"),
        ("{}", "tells of no work"),
        ("[1, 2]", "tells of no work"),
        ("3", "tells of no work"),
        ('{"System": "x"}', "tells of no work"),
        ('{"CEO": 3}', "tells of no work"),
        ("[" * 100_000, "nested too deeply|no log"),
    ],
)
def test_what_is_no_log_is_refused(tmp_path, text, words):
    with pytest.raises(ConfigError, match=words) as raised:
        read(tmp_path, text)
    assert raised.value.field == "log"


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_log(tmp_path / "nothing")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_log(tmp_path)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00{}")
    with pytest.raises(ConfigError, match="no text in UTF-8"):
        read_log(binary)
