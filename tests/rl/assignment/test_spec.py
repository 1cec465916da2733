"""Seat credit over time, specs that combine methods, and the heat map."""

import io
import itertools
import math

import numpy as np
import pytest
import torch
from rich.console import Console

from shapley_coop.interfaces.plugins import names
from shapley_coop.rl.assignment.evidence import Evidence, Node
from shapley_coop.rl.assignment.spec import assign_credit, parse_spec
from shapley_coop.rl.credit.gigpo import GigpoSettings, gigpo
from shapley_coop.rl.credit.min_form import MinFormSettings
from shapley_coop.rl.credit.shapley import (
    ShapleySettings,
    prefix_credits,
    with_seat_credit,
)
from shapley_coop.rl.heat_map import CreditedTurn, credit_heat_map
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from shapley_coop.rl.trajectories.ragged import span_sum
from tests.rl.conftest import evidence_for


def brute_force(values: list[float]) -> list[float]:
    seats = int(math.log2(len(values)))
    credit = [0.0] * seats
    for order in itertools.permutations(range(seats)):
        code = 0
        for seat in order:
            credit[seat] += values[code | 1 << seat] - values[code]
            code |= 1 << seat
    return [c / math.factorial(seats) for c in credit]


class Replay:
    """Coalition values of every prefix, looked up in a table [T+1, 2^n]."""

    def __init__(self, table: np.ndarray) -> None:
        self.table = table

    def __call__(self, steps: int, seats: tuple[int, ...]) -> float:
        return float(self.table[steps, sum(1 << i for i in seats)])


def test_shaped_rewards_telescope_to_the_final_credit() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        table = rng.normal(size=(7, 8)) * 100
        credit = prefix_credits(6, 3, Replay(table), brute_force)
        shaped = credit.diff(dim=0)
        gained = torch.tensor(brute_force(list(table[6]))) - torch.tensor(
            brute_force(list(table[0]))
        )
        assert torch.allclose(shaped.sum(0), gained, atol=1e-9, rtol=0)
        efficiency = table[6, 7] - table[6, 0] - (table[0, 7] - table[0, 0])
        assert shaped.sum().item() == pytest.approx(efficiency, abs=1e-9)


def test_seat_credit_in_a_batch_sums_to_the_final_credit(batch: Trajectories) -> None:
    known = evidence_for(batch)
    shaped = with_seat_credit(batch, prefix_R=known.prefix_credit_R)
    final = known.prefix_credit_R[batch.starts[1:] - 1]
    assert torch.allclose(span_sum(shaped.reward_R, batch.starts), final, atol=1e-9)
    paid = with_seat_credit(batch, final_N=known.final_credit_N)
    assert torch.equal(span_sum(paid.reward_R, batch.starts), known.final_credit_N)
    credit = assign_credit("shapley", batch, known)
    assert torch.allclose(credit.row_R[batch.starts[:-1]], final, atol=1e-9)
    with pytest.raises(ValueError, match="either the final credits"):
        with_seat_credit(batch)
    with pytest.raises(ValueError, match="final_credit_N has shape"):
        with_seat_credit(batch, final_N=torch.zeros(1))


def test_a_spec_spreads_seat_credit_over_time(batch: Trajectories) -> None:
    known = evidence_for(batch)
    paid = with_seat_credit(batch, final_N=known.final_credit_N)
    expected = gigpo(paid, GigpoSettings(gamma=0.9))
    got = assign_credit("shapley(form=return) * gigpo(gamma=0.9)", batch, known)
    assert torch.equal(got.row_R, expected.row_R)
    assert not torch.equal(got.row_R, assign_credit("gigpo", batch, known).row_R)


@pytest.mark.parametrize("name", sorted(set(names("credit")) - {"spo_tree", "shapley"}))
def test_every_time_method_follows_shapley(name: str, batch: Trajectories) -> None:
    credit = assign_credit(f"shapley*{name}", batch, evidence_for(batch))
    assert credit.row_R.isfinite().all()
    assert len(credit.token_K) == len(batch.mask_K)


def test_plain_gae_conserves_the_seat_credit(batch: Trajectories) -> None:
    known = evidence_for(batch)
    still = from_rows(
        Row(int(e), int(t), seat=int(s), values=[0.0])
        for e, s, t in zip(batch.episode_R, batch.seat_R, batch.turn_R, strict=True)
    )
    credit = assign_credit("shapley*gae", still, known)
    final = known.prefix_credit_R[batch.starts[1:] - 1]
    assert torch.allclose(credit.row_R[batch.starts[:-1]], final, atol=1e-9)


def test_parameters_are_read_by_type() -> None:
    spec = parse_spec(
        "shapley(form=return)*gigpo(norm=mean_std_norm, gamma=1, reference=true)"
    )
    assert spec.seat is not None
    assert spec.seat.method.settings == ShapleySettings(form="return")
    assert spec.time.method.settings == GigpoSettings(
        norm="mean_std_norm", gamma=1, reference=True
    )
    without = parse_spec("min_form(baseline=none)").time.method
    assert without.settings == MinFormSettings(baseline="none")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gigpo*shapley", "one seat method, then one time method"),
        ("shapley*shapley", "one seat method, then one time method"),
        ("shapley*gae*gae", "one seat method, then one time method"),
        ("ppo", "no method 'ppo' in spec 'ppo': use .*gigpo"),
        ("gae(", "cannot read 'gae\\('"),
        ("gae(0.9)", "cannot read the argument '0.9'"),
        ("gae(gamma=1+x)", "neither a word nor a number"),
    ],
)
def test_bad_specs_are_explained(spec: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_spec(spec)


def test_missing_evidence_is_named(batch: Trajectories) -> None:
    for spec, field in [
        ("min_form", "process_reward_R"),
        ("spo_chain", "segment_value_M"),
        ("shapley", "prefix_credit_R"),
        ("shapley(form=return)*gae", "final_credit_N"),
        ("spo_tree", "trees"),
    ]:
        with pytest.raises(ValueError, match=f"needs evidence.{field}"):
            assign_credit(spec, batch)


def test_rows_of_a_tree_earn_the_advantage_of_their_edge() -> None:
    root = Node("", (Node("0", reward=1.0), Node("1", reward=0.0)))
    batch = from_rows([Row(0, 0, values=[0.0, 0.0]), Row(1, 0, values=[0.0])])
    known = Evidence(trees={0: root}, node_R=["root/0", "root/1"])
    assert assign_credit("spo_tree", batch, known).token_K.tolist() == [0.5, 0.5, -0.5]


def test_the_heat_map_shows_credit_and_disarms_speech() -> None:
    turns = [
        CreditedTurn(
            "wizard", 0, 0.5, [("[red]fire[/red]", 0.5), ("\x1b[31mball\n", 0.0)]
        ),
        CreditedTurn("healer", 1, -2.0, [("wait", -2.0)]),
        CreditedTurn("wizard", 1, 1.0),
    ]
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(credit_heat_map(turns))
    text = console.export_text(clear=False)
    html = console.export_html()
    assert "[red]fire[/red]" in text
    assert "\x1b[31m" not in text
    rows = {line.split()[1]: line for line in text.splitlines() if line.startswith("│")}
    assert "+1.500" in rows["wizard"]
    assert "-2.000" in rows["healer"]
    assert "background-color: #a00000" in html
    assert "background-color: #0000" in html


def test_a_long_episode_goes_down_the_page() -> None:
    turns = [
        CreditedTurn(seat, t, t + 0.25)
        for t in range(12)
        for seat in ("wizard", "healer")
    ]
    console = Console(width=40, record=True, file=io.StringIO())
    console.print(credit_heat_map(turns))
    lines = console.export_text().splitlines()
    rows = {line.split()[1]: line for line in lines if line.startswith("│")}
    assert set(rows) == {*(str(t) for t in range(12)), "sum"}
    assert rows["11"].count("+11.250") == 2
    assert rows["sum"].count("+69.000") == 2


@pytest.mark.parametrize("count", [2, 9])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_number_is_broken_however_many_seats_there_are(
    count: int, width: int
) -> None:
    turns = [
        CreditedTurn(f"fisher_{seat}", turn, -12.5 * (seat + 1))
        for seat in range(8)
        for turn in range(count)
    ]
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(
        credit_heat_map(turns, adds_up=False)
    )
    for seat in range(8):
        assert out.getvalue().count(f" {-12.5 * (seat + 1):+.3f} ") == count
    assert max(map(len, out.getvalue().splitlines())) <= width


def test_credit_that_does_not_add_up_is_not_summed() -> None:
    turns = [CreditedTurn("wizard", turn, 2.0) for turn in range(3)]
    out = io.StringIO()
    Console(file=out, width=80).print(credit_heat_map(turns, adds_up=False))
    assert "sum" not in out.getvalue()
    assert "6.000" not in out.getvalue()


def test_an_empty_heat_map_can_be_shown() -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(credit_heat_map([]))
    assert "no credit to show" in console.export_text()


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize("count", [3, 9])
def test_a_heat_map_shows_any_name_and_number_whole(width: int, count: int) -> None:
    names = [
        "[bold]x[/bold]",
        "a\x1b[31mb\n\nc",
        "y" * 200,
        "\u202eevil",
        "名前" * 30,
        "",
    ]
    figures = [1.0, math.nan, math.inf, 1e300, -1e-300, -99999.5, 0.0, 3.0, 4.0]
    turns = [
        CreditedTurn(name, turn, figures[turn], ((names[turn % 6], figures[turn]),))
        for name in names
        for turn in range(count)
    ]
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(credit_heat_map(turns))
    lines = out.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert all(c.isprintable() for line in lines for c in line)
    assert "[bold]x[/bold]" in out.getvalue()
    assert ("+1e+300" in out.getvalue()) == (count == 9)
