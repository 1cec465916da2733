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
