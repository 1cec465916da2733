"""The table of columns: one row says all that every renderer needs."""

import pytest

from shapley_coop.records import Credit, Episode, SeatCredit, Transfer
from shapley_coop.runs.columns import COLUMN_BY_NAME, COLUMNS, Cell, Column, SeatEpisode


def seat_episodes(*credits_, **fields):
    """Return one seat's episodes with these credits."""
    common = {"seed": 0, "seats": ("a", "b"), **fields}
    made = [
        Episode(index=index, columns={"a": credit}, **common)
        for index, credit in enumerate(credits_)
    ]
    return [SeatEpisode(episode, "a") for episode in made]


def test_names_are_unique_and_meanings_are_sentences():
    assert len(COLUMN_BY_NAME) == len(COLUMNS)
    for column in COLUMNS:
        assert column.meaning[0].isupper()
        assert column.meaning.endswith(".")


def measured(value, stderr, draws=16, *, shared=False):
    """Return the record of one seat's credit, and the fields of its episode."""
    credit = Credit(values={"a": value}, stderr={"a": stderr}, draws=draws, shared_error=shared,
                    method="shapley", worth="replay", absence=None, empty=0.0, grand=value,
                    evaluations=4)  # fmt: skip
    return SeatCredit(measured=value, stderr=stderr), {"credit": credit}


def test_errors_of_episodes_combine_and_unknown_values_are_left_out():
    rows = seat_episodes(
        SeatCredit(measured=3.0, stderr=0.3),
        SeatCredit(measured=3.0, stderr=0.4),
        SeatCredit(),
    )
    cell = COLUMN_BY_NAME["measured"].over_episodes(rows)
    assert cell.value == 3
    assert cell.error == pytest.approx(0.25)
    assert cell.interval == pytest.approx((3 - 1.96 * 0.25, 3 + 1.96 * 0.25), abs=1e-3)
    assert COLUMN_BY_NAME["claimed"].over_episodes(rows) == Cell(None)


def test_what_differs_between_episodes_is_part_of_the_error():
    rows = seat_episodes(
        SeatCredit(measured=3.0, stderr=0.3), SeatCredit(measured=5.0, stderr=0.4)
    )
    assert COLUMN_BY_NAME["measured"].over_episodes(rows).error == pytest.approx(1.0)


@pytest.mark.parametrize("count", [1, 4, 16])
def test_an_error_that_episodes_share_is_the_same_for_any_number_of_them(count):
    credit, fields = measured(12.0, 0.47, shared=True)
    cell = COLUMN_BY_NAME["measured"].over_episodes(
        seat_episodes(*[credit] * count, **fields)
    )
    assert cell.error == pytest.approx(0.47)
    potential = SeatCredit(potential=12.0, potential_stderr=0.47, potential_draws=16)
    cell = COLUMN_BY_NAME["potential"].over_episodes(
        seat_episodes(*[potential] * count)
    )
    assert cell.error == pytest.approx(0.47)


def test_one_play_by_chance_says_that_its_error_is_not_known():
    column = COLUMN_BY_NAME["measured"]
    credit, fields = measured(12.0, 0.0, draws=1)
    cell = column.over_episodes(seat_episodes(credit, **fields))
    assert cell == Cell(12.0, episodes=1)
    assert column.text(cell) == "12.00 ± ?"
    assert column.as_json(cell)["stderr"] is None
    exact, fields = measured(12.0, 0.0, draws=None)
    cell = column.over_episodes(seat_episodes(exact, **fields))
    assert column.text(cell) == "12.00"
    assert column.as_json(cell)["stderr"] == 0


def test_a_verdict_is_yes_only_if_it_always_is():
    rows = seat_episodes(
        SeatCredit(final=1, outside=0), SeatCredit(final=-1, outside=0)
    )
    column = COLUMN_BY_NAME["rational"]
    cell = column.over_episodes(rows)
    assert cell == Cell(False, rate=0.5, episodes=2)
    assert column.text(cell) == "no"
    assert column.text(column.over_episodes(rows[:1])) == "yes"
    assert column.as_json(cell) == {
        "rational": False,
        "rational_rate": 0.5,
        "rational_episodes": 2,
    }


def test_a_column_counts_the_episodes_that_it_is_a_mean_over():
    rows = seat_episodes(
        SeatCredit(agreed=2.0, claimed=1.0, potential=1.0),
        SeatCredit(potential=1.0),
        SeatCredit(agreed=4.0, potential=1.0),
    )
    known = {}
    for column in COLUMNS:
        cell = column.over_episodes(rows)
        known[column.name] = column.as_json(cell)[f"{column.name}_episodes"]
    assert known["agreed"] == 2
    assert known["claimed"] == known["overclaim"] == 1
    assert known["potential"] == known["final"] == 3
    assert known["measured"] == known["rational"] == 0
    cells = [Cell(1.0, episodes=2), Cell(3.0, episodes=1), Cell(None)]
    assert COLUMN_BY_NAME["agreed"].over_seats(cells).episodes == 2


def test_an_error_that_rounding_alone_makes_is_none():
    rows = seat_episodes(SeatCredit(measured=-3e-17), SeatCredit(measured=2e-16))
    column = COLUMN_BY_NAME["measured"]
    cell = column.over_episodes(rows)
    assert (cell.error, cell.interval) == (0, None)
    assert column.text(cell) == "0.00"
    assert column.text(Cell(1.0, 1e-6)) == "1.00"
    assert column.text(Cell(1.0, 1e-3)) == "1.00 ± 0.0010"


def test_a_group_of_seats_shows_means():
    column = COLUMN_BY_NAME["measured"]
    cells = [Cell(1.0, 0.1), Cell(3.0, 0.3), Cell(None)]
    assert column.over_seats(cells).value == 2
    assert column.over_seats(cells).error == pytest.approx(0.2)
    unknown = column.over_seats([*cells, Cell(5.0)])
    assert column.text(unknown) == "3.00 ± ?"


def test_a_column_of_ones_own_needs_nothing_else():
    column = Column(
        "transfers",
        "What contracts and divisions brought the seat.",
        lambda played: sum(
            transfer.micro / 1e6
            for transfer in played.episode.transfers
            if transfer.payee == played.seat
        ),
        "signed",
    )
    paid = Transfer(payer="b", payee="a", micro=1_500_000, reason="clause")
    cell = column.over_episodes(seat_episodes(SeatCredit(), transfers=(paid,)))
    assert column.text(cell) == "+1.50"
    assert column.as_json(cell) == {"transfers": 1.5, "transfers_episodes": 1}
    assert column.title == column.narrow_title == "transfers"
