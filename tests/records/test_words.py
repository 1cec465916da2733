"""Numbers, counts and settings in words."""

import tomllib

import pytest

from shapley_coop.records.words import count_text, setting_text


def test_a_count_goes_with_its_noun():
    assert count_text(0, "call") == "0 calls"
    assert count_text(1, "call") == "1 call"
    assert count_text(1234, "model call") == "1,234 model calls"


@pytest.mark.parametrize(
    "value",
    [
        [1, 2.5, "a b"],
        {"deadline": 3, "workers": [{"dig": 5}, {"dig": True}]},
        [],
        {"names": {}},
        True,
        7,
    ],
)
def test_a_setting_is_written_as_it_can_be_given(value):
    assert tomllib.loads(f"value = {setting_text(value)}") == {"value": value}


def test_a_word_alone_needs_no_quotation_marks():
    assert setting_text("gaussian") == "gaussian"
    assert setting_text((1, 2)) == "[1, 2]"
