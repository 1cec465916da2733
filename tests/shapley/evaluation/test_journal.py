"""What a log refuses."""

from contextlib import closing

import pytest

from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry


def test_a_log_of_another_game_is_refused(tmp_path):
    with closing(Journal(tmp_path / "a", 5)) as journal:
        journal.add(JournalEntry(3, 0, 1.5, 0.0))
    with pytest.raises(ValueError, match="5 players"):
        Journal(tmp_path / "a", 6)
    (tmp_path / "b").write_text('{"players":5}\nhello\n{"mask":"0"}\n')
    with pytest.raises(ValueError, match="line 2 is no evaluation"):
        Journal(tmp_path / "b", 5)


HEADER = '{"players":3}\n'
DRAW = '{"mask":"3","draw":0,"value":1.5,"cost":0.0}\n'


@pytest.mark.parametrize(
    "line",
    [
        '{"mask":"3","draw":0,"value":NaN,"cost":0.0}',
        '{"mask":"3","draw":0,"value":Infinity,"cost":0.0}',
        '{"mask":"3","draw":0,"value":1.5,"cost":null}',
        '{"mask":"3","draw":0,"value":1.5,"cost":NaN}',
        '{"mask":"3","draw":"0","value":1.5,"cost":0.0}',
        '{"mask":"3","draw":-1,"value":1.5,"cost":0.0}',
        '{"mask":"3","draw":0,"value":"1.5","cost":0.0}',
        '{"mask":"3","draw":0,"value":true,"cost":0.0}',
        f'{{"mask":"3","draw":0,"value":{"9" * 400},"cost":0.0}}',
        '{"mask":"8","draw":0,"value":1.5,"cost":0.0}',
        '{"mask":"-1","draw":0,"value":1.5,"cost":0.0}',
        '{"mask":3,"draw":0,"value":1.5,"cost":0.0}',
        "[3, 0, 1.5, 0.0]",
        "null",
    ],
)
def test_a_line_that_is_no_draw_is_named(tmp_path, line):
    (tmp_path / "a").write_text(HEADER + DRAW + line + "\n")
    with pytest.raises(ValueError, match="a line 3 is no evaluation"):
        Journal(tmp_path / "a", 3)


def test_a_draw_counts_once_and_has_one_value(tmp_path):
    """Two runs that share a log write the same draws."""
    (tmp_path / "a").write_text(HEADER + DRAW + DRAW)
    with closing(Journal(tmp_path / "a", 3)) as journal:
        assert journal.entries == [JournalEntry(3, 0, 1.5, 0.0)]
    (tmp_path / "b").write_text(HEADER + DRAW + DRAW.replace("1.5", "2.5"))
    with pytest.raises(
        ValueError, match=r"b line 3: draw 0 of players \[0, 1\] is 2.5"
    ):
        Journal(tmp_path / "b", 3)
