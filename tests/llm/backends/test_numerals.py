"""Which numbers a model may write: those of few digits within the bounds, and no others."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapley_coop.llm.backends.numerals import number_pattern

LEAST_OF_ALL = Decimal("-999999999.99")
HUNDREDTHS = st.integers(-200_000, 200_000) | st.integers(-250, 250)
"""Numbers of two decimals, counted in steps of the last, many of them around 0."""
BOUNDS = st.tuples(HUNDREDTHS, HUNDREDTHS).map(sorted)


def accepts(schema, text):
    return re.fullmatch(number_pattern(schema), text) is not None


def number(low, high):
    return {"type": "number", "minimum": low / 100, "maximum": high / 100}


def texts(value):
    """Return every text of a number of hundredths that is no longer than two decimals."""
    sign = "-" if value < 0 else ""
    whole, rest = divmod(abs(value), 100)
    longest = f"{sign}{whole}.{rest:02}"
    every = [longest]
    if rest % 10 == 0:
        every.append(longest[:-1])
    if rest == 0:
        every.append(longest[:-3])
    return every


@given(BOUNDS, st.data())
def test_every_number_of_two_decimals_within_the_bounds_can_be_written(bounds, data):
    low, high = bounds
    value = data.draw(st.integers(low, high))
    for inside in {low, high, value}:
        for text in texts(inside):
            assert accepts(number(low, high), text)


@given(BOUNDS, HUNDREDTHS, st.integers(1, 300))
def test_no_number_outside_the_bounds_can_be_written(bounds, value, distance):
    low, high = bounds
    schema = number(low, high)
    for outside in (low - distance, high + distance, value):
        for text in texts(outside):
            assert accepts(schema, text) is (low <= outside <= high)


@given(BOUNDS, st.data())
def test_all_that_can_be_written_is_json_of_two_decimals_within_the_bounds(
    bounds, data
):
    low, high = bounds
    pattern = number_pattern(number(low, high))
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    # JSON knows no leading zero, and Decimal keeps what is written.
    json.loads(text)
    written = Decimal(text)
    assert low <= written * 100 <= high
    assert written.as_tuple().exponent >= -2
    assert text.startswith("-") is (written < 0)
    assert "e" not in text.lower()


@given(BOUNDS, st.data())
def test_whole_numbers_stay_whole(bounds, data):
    low, high = bounds
    schema = {"type": "integer", "minimum": low, "maximum": high}
    value = data.draw(st.integers(low, high))
    for inside in {low, high, value}:
        assert accepts(schema, str(inside))
        assert not accepts(schema, f"{inside}.0")
    assert not accepts(schema, str(low - 1))
    assert not accepts(schema, str(high + 1))


@given(st.data())
def test_a_number_without_bounds_has_either_sign_and_nine_digits(data):
    pattern = number_pattern({"type": "number"})
    value = data.draw(st.integers(0, 99_999_999_999))
    for text in texts(value) + texts(-value):
        assert re.fullmatch(pattern, text)
    text = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True))
    assert abs(Decimal(text)) <= -LEAST_OF_ALL


NO_NUMBERS = """
    -0 -0.0 -0.00 00 01 -01 1. .5 +1 --1 1e3 1,5 1.234 -1.234 1000000000 -1000000000 1000000000.00
    NaN Infinity
"""


@pytest.mark.parametrize("text", ["", *NO_NUMBERS.split()])
def test_no_other_text_is_a_number(text):
    assert not accepts({"type": "number"}, text)


@pytest.mark.parametrize(
    ("bounds", "accepted", "refused"),
    [
        ({"minimum": 0}, ["0", "0.01", "999999999.99"], ["-0.01", "-1"]),
        ({"maximum": -1}, ["-1", "-1.00", "-999999999.99"], ["-0.99", "0", "1"]),
        ({"exclusiveMinimum": 0}, ["0.01"], ["0", "0.00", "-0.01"]),
        ({"exclusiveMaximum": 0}, ["-0.01"], ["0", "0.01"]),
        ({"minimum": 0.29, "maximum": 0.57}, ["0.29", "0.57"], ["0.28", "0.58"]),
        ({"minimum": 0.291, "maximum": 0.569}, ["0.3", "0.56"], ["0.29", "0.57"]),
        ({"exclusiveMinimum": 0.291, "maximum": 1}, ["0.30"], ["0.29"]),
        ({"minimum": 2, "exclusiveMinimum": 1}, ["2"], ["1.5"]),
        ({"maximum": 1e12}, ["1000000000000"], ["1000000000000.01"]),
        ({"minimum": -7.5, "maximum": -7.5}, ["-7.5", "-7.50"], ["7.5", "-7.4"]),
    ],
)
def test_bounds_are_those_of_the_schema(bounds, accepted, refused):
    schema = {"type": "number", **bounds}
    assert [text for text in accepted if not accepts(schema, text)] == []
    assert [text for text in refused if accepts(schema, text)] == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number", "minimum": 2, "maximum": 1},
        {"type": "number", "minimum": 0.001, "maximum": 0.009},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
    ],
)
def test_bounds_without_a_number_between_have_no_pattern(schema):
    assert number_pattern(schema) is None
