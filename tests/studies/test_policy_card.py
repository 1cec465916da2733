"""Cards of policies as tables, whoever wrote them."""

import pytest

from shapley_coop.studies.policy_card import card_tables

CURVE = [
    {
        "episode": 64 * number,
        "mean_total": number / 8,
        "mean_by_seat": {"player_0": 1.0},
    }
    for number in range(1, 41)
]


def test_a_curve_is_shown_from_its_first_point_to_its_last():
    _, curve = card_tables("mine", {"curve": CURVE})
    assert curve.header == ("episode", "mean total", "player_0")
    assert curve.notes == (
        "Columns of seats tell what each holds at the end, a mean over the episodes of an update.",
    )
    assert curve.rows[0] == ("64", "0.12", "1.00")
    assert curve.rows[-1] == ("2,560", "5.00", "1.00")
    assert len(curve.rows) <= 13


def test_columns_that_only_the_card_can_explain_are_told_by_its_name_for_them():
    points = [{"step": 1, "loss_by_layer": {"first": 0.5, "second": 0.25}}]
    _, curve = card_tables("mine", {"curve": points})
    assert curve.header == ("step", "first", "second")
    assert curve.notes == ("Further columns are those of loss by layer in the card.",)


def test_a_card_says_under_which_rules_and_for_which_pay_was_learned():
    card = {"pay": "The pot is divided.", "welfare": 0.05, "protocol": {"name": "solo"}}
    (table,) = card_tables("mine", card)
    assert table.notes == (
        "pay: The pot is divided.",
        "welfare: 0.05",
        "protocol: solo",
    )
    (table,) = card_tables("mine", {"welfare": 0.0, "protocol": {}})
    assert table.notes == ()


def test_every_row_says_who_was_looked_at_where_there_are_several():
    row = {"game": "stag-hunt", "opponent": "rational", "episodes": 8, "success": 0.5}
    rows = [row | {"seat": "mine"}, row | {"seat": "base", "success_interval": [0, 1]}]
    _, table = card_tables("mine", {"evaluation": {"rows": rows}})
    assert table.rows[0][:5] == ("mine", "stag-hunt", "rational", "8", "50 %")
    assert table.rows[1][4] == "50 % [0, 100]"
    _, alone = card_tables("mine", {"evaluation": row})
    assert alone.rows[0][0] == "stag-hunt"


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"kind": ["a", {"b": 1}], "order": 3, "episodes": "many", "seconds": None},
        {"curve": [1, None, {"a": "x"}, {"only": 1}], "evaluation": {"rows": "none"}},
        {
            "curve": {"step": 1},
            "evaluation": {"rows": [3, {"game": 5, "success": "?"}]},
        },
        {"curve": [{"step": 1, "loss": float("nan")}, {"loss": 2, "deep": {"a": {}}}]},
        {"about": "\x1b[2Jgone\u202e", "order": {"games": [["x"], {"y": 2}]}},
    ],
)
def test_cards_of_strangers_are_shown_as_far_as_they_can_be_read(card):
    for table in card_tables("\x1b[31mred", card):
        for text in (table.title, *table.notes, *sum(table.rows, ())):
            assert "\x1b" not in text
            assert "\u202e" not in text
