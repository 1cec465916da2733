"""Clauses in plain words, and hostile text made harmless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shapley_coop.records import (
    Always,
    AtLeast,
    Breach,
    Clause,
    Condition,
    Does,
    Outcome,
    Terms,
)
from shapley_coop.records.wording import (
    breach_text,
    clause_text,
    clauses_text,
    shares_text,
    terms_text,
)
from shapley_coop.records.words import clean, names, number, percent


def clause(condition: Condition, price: float = 5.5, unit: str = "reward") -> Clause:
    return Clause.model_validate(
        {
            "payer": "player_1",
            "payee": "player_0",
            "price": price,
            "unit": unit,
            "condition": condition.model_dump(),
        }
    )


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        (clause(Always()), "player_1 pays player_0 5.50"),
        (
            clause(Does(seat="player_0", action="lever", step=0)),
            "player_1 pays player_0 5.50 if player_0 does lever at step 0",
        ),
        (
            clause(Does(seat="player_0", action="lever", step=2, unless=True)),
            "player_1 pays player_0 5.50 unless player_0 does lever at step 2",
        ),
        (
            clause(AtLeast(seat="player_0", action="lever", times=3), 0.25, "share"),
            "player_1 pays player_0 25 % of its reward if player_0 does lever at least 3 times",
        ),
        (
            clause(Outcome(outcome="escaped")),
            "player_1 pays player_0 5.50 if the game ends with escaped",
        ),
    ],
)
def test_a_clause_in_words(given_: Clause, said: str) -> None:
    assert clause_text(given_) == said


def test_many_similar_clauses_are_one_line() -> None:
    many = [
        Clause(
            payer="boss",
            payee=f"w_{i}",
            price=1 + i % 2,
            condition=Does(seat=f"w_{i}", action="dig"),
        )
        for i in range(9)
    ]
    other = Clause(payer="w_0", payee="boss", price=3)
    assert clauses_text([*many, other]) == [
        "boss pays each of w_0, w_2, w_4, w_6 and w_8 1.00, each of w_1, w_3, w_5 and w_7 2.00 "
        "if the payee does dig at step 0",
        "w_0 pays boss 3.00",
    ]
    assert len(clauses_text(many[:3])) == 3


def test_it_is_said_who_pays_whom_where_many_pay_many() -> None:
    prices = {("a", "d"): 2.2, ("a", "e"): 4.4, ("b", "d"): 2.2, ("b", "e"): 2.2}
    pairs = [
        Clause(
            payer=payer,
            payee=payee,
            price=price,
            condition=Does(seat=payee, action="lever"),
        )
        for (payer, payee), price in prices.items()
    ]
    assert clauses_text(pairs) == [
        "a pays d 2.20, e 4.40 if the payee does lever at step 0",
        "b pays each of d and e 2.20 if the payee does lever at step 0",
    ]
    more = [Clause(payer=p, payee="d", price=i) for i, p in enumerate("abce")]
    assert clauses_text(more) == ["d is paid by a 0.00, b 1.00, c 2.00, e 3.00"]
    crowd = [Clause(payer=f"p_{i}", payee=f"q_{i}", price=1) for i in range(25)]
    (line,) = clauses_text(crowd)
    assert line.startswith("25 clauses, in each one of p_0, p_1 … p_24 (25 seats) pays")


def test_terms_shares_and_breaches() -> None:
    assert terms_text(Terms()) == ["nothing is owed"]
    assert terms_text(Terms(shares={"a": 0.25, "b": 0.75})) == [
        "the pot is divided: a 25 %, b 75 %"
    ]
    many = {f"s_{i}": 0.125 for i in range(7)} | {"boss": 0.125}
    assert shares_text(many) == "12.5 % to each of s_0, s_1 … boss (8 seats)"
    breach = Breach(seat="a", clause=clause(Always()), broken="payment")
    assert breach_text(breach) == "a did not pay: player_1 pays player_0 5.50"


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "-"), (0, "0.00"), (-0.0, "0.00"), (1234.5, "1,234.50"), (0.0042, "0.0042"),
     (-0.00001, "0.00"), (-1, "-1.00")],
)  # fmt: skip
def test_numbers(value: float | None, said: str) -> None:
    assert number(value) == said


def test_signs_percents_and_names() -> None:
    assert number(1.5, sign=True) == "+1.50"
    assert number(0, sign=True) == "0.00"
    assert (percent(None), percent(1.0), percent(0.333333)) == ("-", "100 %", "33.3 %")
    assert names([]) == ""
    assert names(["a"]) == "a"
    assert names(["a", "b", "c"]) == "a, b and c"


@given(st.text(st.characters(codec=None), max_size=300))
def test_clean_text_is_one_visible_line(text: str) -> None:
    said = clean(text)
    assert len(said) <= 600
    assert all(c == " " or unicodedata.category(c)[0] not in "CZ" for c in said)
    assert said == clean(said)
    said.encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b1;31mred", "red"),
        ("\x1b]8;;http://evil\x07here\x1b]8;;\x07", "here"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x1b]52;c;cm0gLXJm", ""),
        ("a\u202eb\u200bc\u2066d\ufeff", "abcd"),
        ("a\r\nb\u2028c\x00\x08\x7fd", "a b cd"),
        ("lone \ud800 half", "lone half"),
        ("x" * 700, "x" * 599 + "…"),
    ],
)
def test_what_is_stripped(text: str, said: str) -> None:
    assert clean(text) == said
