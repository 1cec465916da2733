"""Statements of random small games against enumeration that shares no code with the checks."""

import numpy as np
import pytest

from benchmarks.statements.comparing import compare
from benchmarks.statements.random_plays import draw_case, play_case

GAMES = 150


@pytest.mark.parametrize("first", range(0, GAMES, 30))
def test_no_statement_of_a_random_game_is_false(first):
    made = 0
    for seed in range(first, first + 30):
        case = draw_case(np.random.default_rng(seed))
        comparison = compare(case, play_case(case))
        assert not comparison.mistakes, f"game {seed}"
        made += comparison.made.total()
    # Statements that were left out would not be false either.
    assert made > 30 * 4
