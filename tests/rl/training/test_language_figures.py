"""The table of language policies: rows go on where they were cut, and what is equal is counted."""

from benchmarks.rl import language
from benchmarks.rl.language import Ledger, Match, figures_of, line, measure
from shapley_coop.rl.training.dialogue.answers import answers_of
from shapley_coop.rl.training.evaluation import HELD_OUT

MATCH = Match("scripted", "stag-hunt", "rational", 3)
SETTINGS = ("protocol=solo",)


def test_a_row_is_continued_with_seeds_of_its_own(tmp_path):
    out, runs = tmp_path / "figures.json", tmp_path / "runs"
    short = MATCH._replace(episodes=2)
    measure([short], Ledger(out, runs), 2, SETTINGS)
    ledger = Ledger(out, runs)
    assert ledger.played(MATCH) == 2
    measure([MATCH], ledger, 2, SETTINGS)
    seeds = [folder.config.run.seed for folder in ledger.folders(MATCH)]
    assert seeds == [HELD_OUT, HELD_OUT + 2]
    found = figures_of(ledger, MATCH)
    assert found["episodes"] == 3
    # Under `solo` a seat is asked once, and its game draws nothing.
    assert found["prompts"] == 1
    answers = [
        answer.text
        for folder in ledger.folders(MATCH)
        for answer in answers_of(folder.path, 0)[0]
    ]
    assert len(answers) == 3
    assert found["different_episodes"] == len(set(answers))


def test_rows_take_turns_so_that_a_cut_measurement_has_some_of_each(
    tmp_path, monkeypatch
):
    order = []
    real = language.play_match

    def note(seat, game, opponent, **others):
        order.append((game, others["episodes"]))
        return real(seat, game, opponent, **others)

    monkeypatch.setattr(language, "play_match", note)
    rows = [MATCH, MATCH._replace(game="chicken", episodes=1)]
    measure(rows, Ledger(tmp_path / "figures.json", tmp_path / "runs"), 2, SETTINGS)
    assert order == [("stag-hunt", 2), ("chicken", 1), ("stag-hunt", 1)]


def test_a_row_of_the_table_has_a_cell_for_each_column(tmp_path):
    ledger = Ledger(tmp_path / "figures.json", tmp_path / "runs")
    measure([MATCH], ledger, 3, SETTINGS)
    cells = line(figures_of(ledger, MATCH)).strip("|").split("|")
    assert len(cells) == len(language.HEADER.strip("|").split("|"))
