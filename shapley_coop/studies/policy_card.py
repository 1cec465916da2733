"""The card of a trained policy as tables: what it learned from, how that went, how it plays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from shapley_coop.llm.backends.policy import games_of
from shapley_coop.records.words import clean, number, setting_text
from shapley_coop.rl.training.curves import figures_of, thin_curve
from shapley_coop.runs.intervals import Interval
from shapley_coop.studies.tables import StudyTable, share_text

MOST_POINTS = 12
"""Points of a curve that are printed. `--json` has all that the card holds."""
MOST_COLUMNS = 6
"""Columns of a curve that have room. A total stands before what single seats earn."""
SHORT_FACTS = ("kind", "about", "imitates", "base", "pay", "welfare", "device")
INNER_TABLES = {
    "mean_by_seat": "Columns of seats tell what each holds at the end, a mean over the episodes "
    "of an update.",
}
"""What the columns of a table within a curve are, by its name in cards."""
COUNTS = ("episodes", "decisions", "steps", "tokens", "seconds")


def card_tables(name: str, card: Mapping[str, Any]) -> list[StudyTable]:
    """Return what a card tells, as far as it tells it.

    Args:
        name: what the policy is called.
        card: any table that JSON can hold. Cards may be of other people and of other versions.
    """
    tables = [StudyTable(clean(name, 200), (), (), _facts(card))]
    curve = _curve_table(card.get("curve"))
    if curve is not None:
        tables.append(curve)
    found = card.get("evaluation")
    # The policy that comes with the package was measured in several rows.
    rows = found.get("rows", [found]) if isinstance(found, Mapping) else []
    if isinstance(rows, list):
        known = [row for row in rows if isinstance(row, Mapping) and row.get("game")]
        if known:
            tables.append(_evaluation_table(known))
    return tables


def _facts(card: Mapping[str, Any]) -> tuple[str, ...]:
    facts = [(name, card[name]) for name in SHORT_FACTS if card.get(name)]
    if games_of(card):
        facts.append(("games", list(games_of(card))))
    protocol = card.get("protocol")
    if isinstance(protocol, Mapping) and protocol.get("name"):
        facts.append(("protocol", protocol["name"]))
    order = card.get("order")
    if isinstance(order, Mapping):
        asked = ("credit", "networks", "critic", "opponents", "seed")
        facts += [(name, order[name]) for name in asked if order.get(name) is not None]
    counts = [(name, card.get(name)) for name in COUNTS]
    facts += [(name, f"{count:,}") for name, count in counts if _is_amount(count)]
    return tuple(f"{name}: {_text(value)}" for name, value in facts)


def _text(value: Any) -> str:
    return clean(setting_text(value), 400)


def _curve_table(curve: Any) -> StudyTable | None:
    """Return some points of a curve, or None where there is none that can be shown."""
    if not isinstance(curve, list):
        return None
    points = [figures_of(point) for point in curve if isinstance(point, Mapping)]
    points = [point for point in points if len(point) > 1]
    if not points:
        return None
    columns = list(points[-1])[: MOST_COLUMNS + 1]
    shown = thin_curve(points, MOST_POINTS)
    # The last point is shown by that, and the first always is.
    if shown[0] is not points[0]:
        shown.insert(0, points[0])
    rows = [
        (
            f"{point[columns[0]]:,.0f}" if columns[0] in point else "-",
            *(number(point.get(column)) for column in columns[1:]),
        )
        for point in shown
    ]
    header = []
    tables = set()
    for column in columns:
        table, _, name = column.rpartition("/")
        # In a table of its own a figure has the name of a seat, which stays as it is.
        header.append(clean(name, 40) if table else _words(name))
        tables.add(table)
    notes = [_inner_note(table) for table in sorted(tables - {""})]
    return StudyTable("How it learned", tuple(header), tuple(rows), tuple(notes))


def _inner_note(table: str) -> str:
    """Return what the columns are that come from a table within a curve."""
    named = f"Further columns are those of {_words(table)} in the card."
    return INNER_TABLES.get(table, named)


def _words(name: str) -> str:
    return clean(name, 40).replace("_", " ")


def _evaluation_table(found: Sequence[Mapping[str, Any]]) -> StudyTable:
    # Of several who were looked at, each row says who.
    several = len({str(row.get("seat")) for row in found}) > 1
    rows = [
        (
            *([clean(str(row.get("seat")), 60)] if several else []),
            clean(str(row["game"]), 60),
            clean(str(row.get("opponent", "itself")), 40),
            _text(row.get("episodes", "-")),
            _share(row.get("success"), row.get("success_interval")),
            _share(row.get("at_or_above_outside"), row.get("outside_interval")),
            number(row["mean_total"]) if _is_amount(row.get("mean_total")) else "-",
        )
        for row in found
    ]
    return StudyTable(
        "How it played",
        (
            *(["agent"] if several else []),
            *("game", "against", "n", "success", "at or above", "total"),
        ),
        tuple(rows),
        (
            f"{_shares(found)} Intervals hold with 95 percent confidence. `at or above`: at or "
            "above their outside option. `shapley-coop evaluate` measures more.",
        ),
        labels=3 if several else 2,
    )


def _shares(found: Sequence[Mapping[str, Any]]) -> str:
    """Return what is counted, and how it is played, as far as the rows tell it."""
    counted = dict.fromkeys(_text(row["shares"]) for row in found if "shares" in row)
    sentence = f"Shares are of {' or '.join(counted)}." if counted else ""
    if any(row.get("temperature") == 0 for row in found):
        sentence += " At temperature 0 a policy takes what it finds likeliest."
    return sentence.strip()


def _share(value: Any, interval: Any) -> str:
    if not _is_amount(value):
        return "-"
    is_pair = isinstance(interval, list | tuple) and len(interval) == 2
    if not is_pair or not all(map(_is_amount, interval)):
        return share_text(value, None)
    return share_text(value, Interval(*interval))


def _is_amount(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)
