"""Tables of studies at terminals of any width: no word is broken, and no figure is left out."""

from io import StringIO

import pytest
from rich.console import Console

from shapley_coop.runs.intervals import Interval
from shapley_coop.studies.tables import (
    StudyTable,
    column_groups,
    share_text,
    show_tables,
)

HEADER = (
    *("against the oracle", "share of surplus", "over-claim", "claim error"),
    *("promises kept", "unpaid", "exploitability", "n"),
)
ROW = ("over-claimer", "0.40 [0.20, 0.67]", "4.51", "4.52", "100 % of 3", "7")
TABLE = StudyTable("What entrants did", HEADER, ((*ROW, "0.08", "15"),), ("A note.",))


def printed(table, width):
    stream = StringIO()
    show_tables([table], Console(file=stream, width=width, color_system=None))
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_columns_follow_below_rather_than_break_a_word(width):
    text = printed(TABLE, width)
    assert max(len(line) for line in text.splitlines()) <= width
    words = text.split()
    for cell in (*TABLE.header, *TABLE.rows[0]):
        for word in cell.split():
            assert word in words
    # Each part says whose figures it holds.
    parts = text.count("over-claimer")
    assert parts == 1 if width == 120 else parts > 1


def test_a_name_that_is_longer_than_a_word_is_broken_and_not_cut():
    run = "20261127T090259Z-escape-room-2fac72"
    text = printed(StudyTable("x", ("measure", run), (("rounds", "1.00"),)), 40)
    assert text.count("20261127T0902") == 1
    assert "2fac72" in text
    assert "…" not in text


def test_a_title_that_is_too_long_goes_on_in_a_further_line():
    title = "What differs in the outcome: one-long-name against another-long-name"
    lines = printed(StudyTable(title, (), (), ("A note.",)), 40).splitlines()
    heading = [line.rstrip(" ─") for line in lines[1:4]]
    assert " ".join(heading) == title
    assert [line.endswith("─") for line in lines[1:4]] == [False, False, True]


def test_the_names_of_settings_stay_whole():
    row = ("protocol.split_table.deadlock", "none", "-")
    header = ("setting", "20261127T090259Z", "20261127T090300Z")
    assert row[0] in printed(StudyTable("x", header, (row,)), 80)


def test_a_share_names_its_unit_once():
    assert share_text(0.25, Interval(0.0866, 0.4911)) == "25 % [8.66, 49.1]"
    assert share_text(1.0, None) == "100 %"
    assert share_text(None, None) == "-"


def test_sentences_stand_to_the_left_and_leave_no_column_with_a_word_a_line():
    why = "agent mine:Odd at player_0: act failed at step 0: RuntimeError: lost the map"
    row = ("agent=mine:Odd, protocol=talk, run.seed=0, run.episodes=20", "failed", why)
    lines = printed(StudyTable("x", ("cell", "status", "why"), (row,)), 80).splitlines()
    cells = lines[4:-1]
    assert len(cells) <= 3
    # All lines of the sentence begin below its head.
    place = lines[2].index("why")
    assert lines[2].index("why") == lines[4].index("agent mine:Odd at")
    assert all(line[place] != " " for line in cells)


def test_a_figure_and_its_unit_stay_in_one_line():
    row = ("SC", *["100 % [82.4, 100]"] * 4)
    header = ("Fig. 3", "success, paper", "success", "win rate", "promises kept")
    text = printed(StudyTable("x", header, (row,)), 50)
    assert text.count("100 %") == 4


def test_every_part_of_a_divided_table_tells_its_rows_apart():
    header = ("protocol", "seats.player_1", "success", "welfare", "payoff gap")
    figures = ("0.50 [0.21, 0.79]", "3.50 [0.75, 6.25]", "8.63 [4.09, 14.85]")
    rows = (("talk", "rational", *figures), ("talk", "random", *figures))
    text = printed(StudyTable("x", header, rows, labels=2), 48)
    parts = text.count("protocol")
    assert parts == text.count("seats.player_1") == text.count("random") > 1


@pytest.mark.parametrize("width", [30, 40])
def test_a_head_that_stands_twice_stays_beside_the_one_before_it(width):
    header = ("Fig. 3", "success, paper", "here", "rounds, paper", "here", "n")
    row = ("SC", "100 %", "33.3 % [0.84, 90.6]", "1.45", "1.67 [0.00, 4.54]", "3")
    table = StudyTable("x", header, (row,))
    groups = column_groups(table, width)
    assert len(groups) > 1
    assert all((2 in group) == (1 in group) for group in groups)
    assert all((4 in group) == (3 in group) for group in groups)
