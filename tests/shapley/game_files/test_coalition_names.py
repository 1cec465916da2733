"""Names of any characters are read as they are written, or not at all."""

import json

import numpy as np
import pytest

from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.files import evaluate_file
from shapley_coop.shapley.game_files.coalition_names import parse_coalitions

NAMES = [
    ["Email", "Search (paid)"],
    ["(paid)", "{free}"],
    ["Disney+", "Netflix"],
    ["C", "C++"],
    ["Smith, John", "Doe; Jane"],
    ["a|b", "c"],
    ["café", "naïve"],
    ["日本", "한국"],
    ['say "hi"', "line\nbreak"],
    ["∅", "0"],
    ["", "x"],
    ["a.b", "=1+1"],
]
TABLE = [0.0, 1.0, 2.0, 6.0]


def values(valuation):
    return dict(zip(valuation.players, valuation.values.tolist(), strict=True))


@pytest.mark.parametrize("names", NAMES)
def test_any_name_is_read_from_lists(tmp_path, names):
    one, two = names
    pairs = [[[], 0], [[one], 1], [[two], 2], [[two, one], 6]]
    path = tmp_path / "a.json"
    path.write_text(json.dumps(pairs))
    assert values(evaluate_file(path)) == {one: 2.5, two: 3.5}
    path.write_text(json.dumps({"players": names, "values": pairs}))
    assert values(evaluate_file(path)) == {one: 2.5, two: 3.5}


@pytest.mark.parametrize("names", [names for names in NAMES if all(names)])
@pytest.mark.parametrize("separator", "+,;|")
def test_any_name_of_a_named_player_is_read_from_text(names, separator):
    """But where a text can be read in two ways, it is refused."""
    one, two = names
    texts = ["", one, two, f"{one}{separator}{two}", f"{two} {separator} {one}"]
    sets = [set(), {one}, {two}, {one, two}, {one, two}]
    assert parse_coalitions(texts, names) == [frozenset(members) for members in sets]


def test_a_text_of_two_readings_is_refused():
    with pytest.raises(ValueError, match="can be read as"):
        parse_coalitions(["a+b"], ["a", "b", "a+b"])


@pytest.mark.parametrize(
    ("rows", "players"),
    [
        (["", "Email", "Search (paid)", "Search (paid)+Email"], NAMES[0]),
        (["", "Email", "Search (paid)", "Email+Search (paid)"], NAMES[0]),
        (["{}", "{a}", "{b}", "{a, b}"], ["a", "b"]),
        (["()", "(a)", "(b)", "(b; a)"], ["a", "b"]),
        (["∅", "(a) x", "(b)", "(a) x+(b)"], ["(a) x", "(b)"]),
        (["∅", "e\u0301", "b", "\u00e9|b"], ["b", "\u00e9"]),
    ],
)
def test_brackets_and_accents_belong_to_names(tmp_path, rows, players):
    lines = zip(rows, TABLE, strict=True)
    path = tmp_path / "a.csv"
    path.write_text("".join(f'"{row}",{value}\n' for row, value in lines))
    valuation = evaluate_file(path)
    assert sorted(valuation.players) == sorted(players)
    assert (valuation.empty, valuation.grand) == (0.0, 6.0)
    # A default changes nothing of a complete file.
    assert values(evaluate_file(path, Choice(default=0.0))) == values(valuation)


@pytest.mark.parametrize(
    "rows",
    [
        ["", "Disney+", "Netflix", "Disney++Netflix"],
        ["", "Smith, John", "Bob", "Smith, John+Bob"],
    ],
)
def test_names_that_hold_separators_have_to_be_announced(tmp_path, rows):
    lines = zip(rows, TABLE, strict=True)
    path = tmp_path / "a.csv"
    path.write_text("".join(f'"{row}",{value}\n' for row, value in lines))
    for choice in (Choice(), Choice(default=0.0)):
        with pytest.raises(ChoiceError, match="name the players") as caught:
            evaluate_file(path, choice)
        assert caught.value.field == "players"
    assert values(evaluate_file(path, Choice(players=rows[1:3]))) == {
        rows[1]: 2.5,
        rows[2]: 3.5,
    }


def test_semicolons_separate_fields_where_every_line_ends_so(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("coalition;value\n;0\nann;1\nbob;2\nann,bob;6\n")
    assert values(evaluate_file(path)) == {"ann": 2.5, "bob": 3.5}
    path.write_text(";0\nann;1,5\nbob;2\nann+bob;6\n")
    with pytest.raises(ValueError, match=r"line 2: '1,5' has a comma"):
        evaluate_file(path)
    # Here they separate players, as they always could.
    path.write_text(",0\n1,1\n2,2\n1;2,6\n")
    assert values(evaluate_file(path)) == {"1": 2.5, "2": 3.5}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"": 0, "a": 1, "a": 5, "b": 2, "a+b": 6}', "'a' is given twice"),
        ('{"players": ["a"], "players": ["b"], "values": [0, 1]}', "'players'"),
        ('{"values": {"": 0, "a": 1, "a": 1}}', "'a' is given twice"),
        ('[[[], 0], [["a"], 1], [["a"], 1]]', "'a' is given twice"),
        ('{"": 0, "e\u0301": 1, "\u00e9": 1}', "'\u00e9' is given twice"),
        ('[[["a", "a"], 1]]', "names a player twice"),
        ("[[0, 1], [1, 2]]", "no \\[\\[player"),
        (f'{{"": 0, "a": {"9" * 400}}}', "v of 'a' is too large"),
        (f"[0, {'9' * 400}]", "too large"),
        ('{"": 0, "a": true}', "'a' is True, which is no number"),
    ],
)
def test_what_is_given_twice_or_is_no_number_is_named(tmp_path, text, message):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        evaluate_file(path, Choice(default=0.0))


def test_what_is_missing_points_to_the_default(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('{"": 0, "a": 1, "a+b": 6}')
    with pytest.raises(
        ChoiceError, match=r"first is \{b\}. Write it, or give a"
    ) as caught:
        evaluate_file(path)
    assert caught.value.field == "default"


def test_the_number_of_players_does_not_rename_them(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(",0\nann,1\n")
    assert evaluate_file(path, Choice(players=1)).players == ["ann"]
    with pytest.raises(ChoiceError, match="1 players; 2 were announced"):
        evaluate_file(path, Choice(players=2))


def test_masked_values_are_missing(tmp_path):
    from shapley_coop.shapley import estimate, exact

    masked = np.ma.masked_array([0, 1, 99, 6], mask=[0, 0, 1, 0])
    with pytest.raises(ValueError, match="1 values are masked"):
        exact(masked)
    with pytest.raises(ValueError, match="masked"):
        estimate(lambda _: masked, 2, budget=4, rng=np.random.default_rng(0))
