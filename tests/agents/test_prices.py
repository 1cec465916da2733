"""Prices in sentences: a comma that parts no thousands is not read away."""

import pytest

from shapley_coop.agents.sentences import read_sentences


def test_commas_part_thousands_alone():
    read = read_sentences("a pays b 1,250.5; a pays b 3;")
    assert [clause["price"] for clause in read["clauses"]] == [1250.5, 3]


@pytest.mark.parametrize("price", ["1,50", "1,5 % of its reward", "12,5 %", "1,2345"])
def test_a_decimal_comma_is_refused(price):
    with pytest.raises(ValueError, match="is no clause"):
        read_sentences(f"a pays b {price}")
