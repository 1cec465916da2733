"""Golden plays: a change of rules shows as a change of text."""

import pytest

from tests.games import playthrough

CASES = list(playthrough.cases())


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_play_is_the_recorded_one(name, parameters):
    file = playthrough.file_of(name, parameters)
    assert file.exists(), "run: python -m tests.games.playthrough"
    assert playthrough.text_of(name, parameters) == file.read_text(encoding="utf-8"), (
        "if the rules were meant to change, run: python -m tests.games.playthrough"
    )


def test_no_play_is_left_over():
    assert set(playthrough.FOLDER.glob("*.txt")) == {
        playthrough.file_of(*c) for c in CASES
    }
