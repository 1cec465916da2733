"""Run folders of version 0.1.0, as commit 44c927b wrote them: they open, replay and resume.

The folders under tests/golden/runs were played once and are never changed: one with rule agents
over three episodes, and one with a language model whose calls are recorded. Their derived
`report.md` was left out.
"""

import json
import shutil
from pathlib import Path

import pytest

from shapley_coop.cli.main import main
from shapley_coop.records import Episode
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.markdown import render
from shapley_coop.runs.store import RunFolder, first_difference
from shapley_coop.runs.summary import summarise

FOLDERS = Path(__file__).parents[2] / "golden" / "runs"
RULES = "20261126T160859Z-escape-room-1106c9"
TALK = "20261126T160900Z-escape-room-338d8a"


@pytest.fixture(params=[RULES, TALK])
def old_run(request, tmp_path):
    """A copy of an old run folder, free to be written to."""
    return shutil.copytree(FOLDERS / request.param, tmp_path / request.param)


def keeps(again, original):
    """Return whether a record says all that an older one says, whatever it says beside that."""
    if isinstance(original, dict):
        return all(keeps(again[name], part) for name, part in original.items())
    if isinstance(original, list):
        same_length = len(again) == len(original)
        return same_length and all(map(keeps, again, original))
    return again == original


def test_its_figures_are_those_that_it_was_finished_with(old_run):
    folder = RunFolder.open(old_run)
    totals = summarise(list(folder.episodes()), status="done").as_json()
    recorded = folder.manifest.totals
    assert totals.keys() >= recorded.keys()
    for name, value in recorded.items():
        as_plain = json.loads(json.dumps(totals[name]))
        if name != "seconds" and "interval" not in name and name != "credit":
            assert keeps(as_plain, value), name
    for seat, row in recorded["credit"].items():
        # Columns that came later are not in an old record.
        assert totals["credit"][seat].keys() >= row.keys()
        for column in ("claimed", "agreed", "measured", "final", "rational"):
            assert totals["credit"][seat][column] == row[column]


def test_it_is_reported(old_run, capsys):
    main(["report", str(old_run), "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert figures["status"] == "done"
    assert figures["worth"]["kind"] == "oracle"
    text = render(gather(RunFolder.open(old_run)))
    assert "## Credit" in text
    assert "the ledger sums to 0" in text


def test_its_replay_gives_the_same_events(old_run, tmp_path, capsys):
    main(["replay", str(old_run), "--runs-dir", str(tmp_path / "again"), "--json"])
    again = json.loads(capsys.readouterr().out)
    assert again["identical"] is True
    # Where models were asked, their prompts have been reworded since.
    assert again["reworded"] is (TALK in str(old_run))
    events = (old_run / "events.jsonl").read_text().splitlines()
    assert again["events"] == len(events)


def test_it_does_what_runs_did_before_there_was_a_choice(old_run):
    config = RunFolder.open(old_run).config
    assert config.protocol.arithmetic is False
    assert config.model.ask_forced is True
    again = RunFolder.open(old_run).path / "config.toml"
    text = again.read_text()
    again.write_text(text.replace("[protocol]\n", "[protocol]\narithmetic = true\n"))
    assert RunFolder.open(old_run).config.protocol.arithmetic is True


def test_a_cut_one_is_resumed_to_the_same_end(tmp_path, capsys):
    run = shutil.copytree(FOLDERS / RULES, tmp_path / RULES)
    # The process was killed in the second episode, half way through a line.
    lines = (run / "episodes.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) == 3
    (run / "episodes.jsonl").write_bytes(b"".join(lines[:1]) + lines[1][:50])
    manifest = json.loads((run / "run.json").read_text())
    unfinished = {"status": "started", "ended": None, "totals": {}}
    (run / "run.json").write_text(json.dumps(manifest | unfinished))

    main(["resume", str(run), "--json"])

    assert json.loads(capsys.readouterr().out)["status"] == "done"
    old = FOLDERS / RULES
    assert first_difference(old / "events.jsonl", run / "events.jsonl") is None
    for episode, line in zip(RunFolder.open(run).episodes(), lines, strict=True):
        original = Episode.model_validate_json(line)
        again = episode.model_copy(update={"seconds": original.seconds})
        # What records have held since is left out: only the old line's own fields count.
        assert keeps(again.model_dump(mode="json"), json.loads(line))


def test_a_folder_whose_worth_kind_is_not_installed_is_still_read(tmp_path):
    run = shutil.copytree(FOLDERS / RULES, tmp_path / RULES)
    for name in ("config.toml", "episodes.jsonl"):
        text = (run / name).read_text()
        text = text.replace('kind = "oracle"', 'kind = "elsewhere"')
        text = text.replace('"worth":"oracle"', '"worth":"elsewhere"')
        (run / name).write_text(text)
    report = render(gather(RunFolder.open(run)))
    assert "worth elsewhere" in report
    assert "not installed here" in report
