"""The glossary: every column and word of a report is explained, once."""

import json

from shapley_coop.runs.columns import COLUMNS
from shapley_coop.runs.report.glossary import glossary
from tests.fixtures.command_line import cli, done_run

__all__ = ["cli", "done_run"]  # fixtures

# What a report prints again and again, beside the columns of its table.
WORDS = (
    "success", "pot", "total payoff", "rounds", "split", "settlement", "believes", "game pays",
    "transfers", "v(S)", "v(nobody)", "v(everyone)", "worth", "absence", "Shapley value",
    "Myerson value", "contract", "ledger", "forfeits", "breaches", "core", "equilibrium", "±",
    "95 %", "arbiter", "stated shares",
)  # fmt: skip


def words() -> dict[str, str]:
    return {term.word: term.meaning for _, terms in glossary() for term in terms}


def test_every_column_and_every_recurring_word_has_an_entry():
    known = words()
    for column in COLUMNS:
        assert known[column.title] == column.meaning
    assert set(WORDS) <= set(known)


def test_every_word_is_explained_once_in_sentences():
    entries = [term for _, terms in glossary() for term in terms]
    assert len(words()) == len(entries)
    for term in entries:
        assert term.meaning[0].isupper(), term
        assert term.meaning.endswith("."), term
        assert term.meaning.count(". ") <= 1, term


def test_it_is_printed_with_and_without_a_run(cli, done_run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, alone, _ = cli("report", "--explain")
    assert code == 0
    code, after, _ = cli("report", done_run, "--explain")
    assert code == 0
    # A column of words at a terminal is broken into lines.
    for text in (alone, after):
        flat = " ".join(text.split())
        for meaning in words().values():
            assert meaning[:30] in flat
    assert "4.50" in after
    assert "4.50" not in alone


def test_it_is_there_for_scripts_too(cli):
    code, out, _ = cli("report", "--explain", "--json")
    assert code == 0
    assert json.loads(out) == words()


def test_a_report_without_a_run_says_what_is_missing(cli):
    code, _, err = cli("report")
    assert code == 2
    assert "there is no run in 'runs'" in err
