"""How a run came out, in sentences: its successes, its payoffs and its rounds of talk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shapley_coop.records import Seat
from shapley_coop.records.words import clean, number, percent
from shapley_coop.runs.figures import RunFigures
from shapley_coop.runs.intervals import Interval
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.rows import FEW
from shapley_coop.runs.report.sentences import Entry


def outcome(content: Content) -> list[Entry]:
    """Return how the episodes ended."""
    figures = content.figures
    entries = [Entry("success", _success(figures))]
    if not figures.played:
        entries.append(Entry("", "no episode was played to its end"))
        return entries
    total = number(figures.mean_total)
    if figures.played < figures.episodes:
        total += f", like all means here, of the {figures.played:,} played to their end"
    difference = number(figures.payoff_difference)
    difference += " between the best and the worst paid seat"
    difference += _range(figures.payoff_difference_interval)
    return [
        *entries,
        Entry("total payoff", total),
        Entry("attainable", _attainable(figures)),
        Entry("difference", difference),
        Entry("rounds", _rounds(figures)),
    ]


def _success(figures: RunFigures) -> str:
    """Return how many of all episodes reached their goal, and what that tells of others."""
    text = f"{figures.successes:,} of {figures.episodes:,}"
    ends = {
        "failed": len(figures.failed_episodes),
        "limited": len(figures.limited_episodes),
    }
    parts = [f"{count:,} {word}" for word, count in ends.items() if count]
    if parts:
        listed = ", ".join(parts)
        text += f" ({listed})"
    if figures.episodes < 2:
        return text
    text += f", {percent(figures.success_rate)}"
    text += _range(figures.success_interval, percent)
    # Twenty equal plays of the same rules are one observation and no sample of twenty.
    if figures.chance is False:
        text += f": {figures.episodes:,} identical plays, no chance in them"
    return text


def _attainable(figures: RunFigures) -> str:
    """Return what agreements could have reached, and how much of that was reached."""
    best = figures.attainable
    if best is None or best.total is None:
        return f"not known: {clean(best.reason)}" if best else "not recorded"
    how = "by a contract that nobody gains by breaking"
    if best.by == "equilibrium":
        how = "without payments, in the best equilibrium"
    text = f"{number(best.total)} {how}: {_parts(best.payoffs)}; "
    text += f"reached {number(figures.mean_total)}"
    # Of a loss, or of nothing, no part can be told.
    if best.total > 0 and figures.mean_total is not None and figures.mean_total >= 0:
        text += f", {percent(figures.mean_total / best.total)}"
    return text


def _parts(by_seat: Mapping[Seat, float]) -> str:
    """Return who would hold what: seats that hold alike together, and of many the range."""
    texts = {seat: number(value) for seat, value in by_seat.items()}
    amounts = list(dict.fromkeys(texts.values()))
    if len(amounts) == 1:
        return f"{amounts[0]} each"
    if len(texts) > FEW:
        least, most = min(by_seat.values()), max(by_seat.values())
        return f"{number(least)} to {number(most)} each"
    return ", ".join(f"{clean(seat, 40)} {text}" for seat, text in texts.items())


def _rounds(figures: RunFigures) -> str:
    text = f"{number(figures.mean_rounds)} before play"
    text += _range(figures.rounds_interval)
    if figures.mean_split_rounds:
        text += f", {number(figures.mean_split_rounds)} after"
    if figures.mean_silent_rounds:
        text += f"; {number(figures.mean_silent_rounds)} more in silence"
    return text


def _range(interval: Interval | None, text: Callable[[float], str] = number) -> str:
    """Return an interval in words, or nothing where there is none."""
    if interval is None:
        return ""
    return f" (95 %: {text(interval.low)} to {text(interval.high)})"
