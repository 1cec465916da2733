"""The figures of a software team as JSON, and as lines below the report of its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from shapley_coop.records import Seat
from shapley_coop.records.words import clean, error_text, number, percent

if TYPE_CHECKING:
    from swe_sim.team.figures import TeamFigures

HEADING = "Software team"
SHOWN_COALITIONS = 16
"""Up to this many coalitions, all are shown."""
SHOWN_PAIRS = 5
"""The pairs of seats that are shown: those that gain or lose most by being together."""


def as_fields(fields: dict[str, Any], figures: TeamFigures) -> dict[str, Any]:
    """Return what `--json` prints: the figures of the run, and those of the team."""
    left_out = figures.index("leave-one-out")
    banzhaf = figures.index("banzhaf")
    credit = {}
    for seat, row in fields["credit"].items():
        credit[seat] = {
            **row,
            "evidence": figures.evidence[seat],
            "leave_one_out": None if left_out is None else left_out[seat],
            "banzhaf": None if banzhaf is None else banzhaf[seat],
        }
    points = 100 * figures.pass_rate
    return {
        **fields,
        "credit": credit,
        "pass_rate": figures.pass_rate,
        "start_rate": figures.start_rate,
        "solo_pass_rate": figures.solo_pass_rate,
        "retention": figures.retention,
        "turns": figures.turns,
        "false_approvals": figures.false_approvals,
        "approvals": {
            seat: approvals._asdict() for seat, approvals in figures.approvals.items()
        },
        "coalitions": figures.coalition_rows(),
        "interactions": figures.interactions(),
        "cost_a_point": _a_point(fields["cost"], points),
        "tokens_a_point": _a_point(fields["tokens"], points),
    }


def _a_point(amount: float | None, points: float) -> float | None:
    """Return what one percent of the hidden tests came to. None where none of them passes."""
    if amount is None or points <= 0:
        return None
    return amount / points


def figure_lines(fields: dict[str, Any], seats: Sequence[Seat]) -> list[str]:
    """Return the figures of a team as lines of text."""
    lines = [
        f"pass rate    {percent(fields['pass_rate'])} of the hidden tests, by weight"
    ]
    if fields["start_rate"]:
        start = percent(fields["start_rate"])
        lines.append(
            f"before       {start} passed before anybody worked, credited to nobody"
        )
    if fields["solo_pass_rate"] is not None:
        alone = percent(fields["solo_pass_rate"])
        kept = number(fields["retention"])
        turns = fields["turns"]
        lines.append(f"alone        {alone} by one programmer in {turns:g} turns")
        lines.append(f"retention    {kept} (team / alone)")
    for seat, share in fields["false_approvals"].items():
        given = fields["approvals"][seat]["given"]
        words = f"{percent(share)} of {given}" if given else "none given"
        lines.append(f"approvals    {clean(seat)}: false {words}")
    for name, what in (("tokens_a_point", "tokens"), ("cost_a_point", "US dollars")):
        if fields[name]:
            lines.append(f"a point      {number(fields[name])} {what}")
    lines += _coalition_lines(fields, seats)
    lines += _seat_lines(fields["credit"], seats)
    return lines + _pair_lines(fields["interactions"])


def show_figures(fields: dict[str, Any], seats: Sequence[Seat]) -> None:
    """Print the figures of a team."""
    click.echo(f"\n{HEADING}")
    for line in figure_lines(fields, seats):
        click.echo(f"  {line}")


def _coalition_lines(fields: dict[str, Any], seats: Sequence[Seat]) -> list[str]:
    """Return what coalitions are worth, and on how many plays that rests."""
    from shapley_coop.credit.labels import label

    rows, worth = fields["coalitions"], fields["worth"]
    if not rows or worth is None:
        return []
    end = worth["stopped_by"] or "a fixed number where chance has a say"
    lines = ["coalitions, by their worth in n plays", f"  what ended them: {end}"]
    for row in rows:
        # Of many, those of one seat and those that lack one at most say what matters.
        if len(rows) > SHOWN_COALITIONS and 1 < len(row["seats"]) < len(seats) - 1:
            continue
        value = f"{number(row['value'])}{error_text(row['stderr'])}"
        name = clean(label(row["seats"], seats), 60)
        lines.append(f"  {value:>16}  n {row['n']:<4}  {name}")
    return lines


def _seat_lines(credit: dict[Seat, dict[str, Any]], seats: Sequence[Seat]) -> list[str]:
    lines = [f"{'seat':16}{'evidence':>12}{'leave-one-out':>16}{'Banzhaf':>12}"]
    for seat in seats:
        row = credit[seat]
        left, banzhaf = number(row["leave_one_out"]), number(row["banzhaf"])
        evidence = number(row["evidence"])
        lines.append(f"{clean(seat):16}{evidence:>12}{left:>16}{banzhaf:>12}")
    return lines


def _pair_lines(pairs: Sequence[dict[str, Any]] | None) -> list[str]:
    if not pairs:
        return []
    strongest = sorted(pairs, key=lambda pair: -abs(pair["value"]))[:SHOWN_PAIRS]
    lines = ["pairs that gain most or lose most together"]
    for pair in strongest:
        names = " and ".join(clean(seat) for seat in pair["seats"])
        lines.append(f"  {number(pair['value'], sign=True):>16}  {names}")
    return lines
