"""The sentences of a report, in plain clean text, for every renderer alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shapley_coop.credit.worth.kinds import sentence
from shapley_coop.records.words import breach_text, clean, names, number, percent
from shapley_coop.runs.figures import SpendFigures
from shapley_coop.runs.intervals import Interval
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.rows import FEW

_SHOWN_BREACHES = 6


class Entry(NamedTuple):
    """A label and what stands beside it; an empty label continues the entry above."""

    label: str
    text: str


def title(content: Content) -> str:
    """Return what was played by which rules."""
    manifest = content.run.manifest
    return f"{clean(manifest.game, 60)} · {clean(manifest.protocol, 40)}"


def header(content: Content) -> list[Entry]:
    """Return what was played, by whom, from which seed."""
    config = content.run.config
    entries = [Entry("status", _status(content))]
    parameters = _parameters(config.game_parameters)
    if parameters:
        entries.append(Entry("game", parameters))
    run = config.run
    episodes = (
        f"{content.figures.episodes:,} of {run.episodes:,}, seed {run.seed}, "
        f"settlement {config.protocol.settlement}, split {config.protocol.split}"
    )
    entries.append(Entry("episodes", episodes))
    for place, (seats, agent) in enumerate(content.seats):
        label = "" if place else "seats"
        entries.append(Entry(label, f"{seats}: {agent}"))
    return entries


def _parameters(parameters: Mapping[str, object]) -> str:
    parts = [
        f"{clean(name, 40)} = {clean(str(value), 60)}"
        for name, value in parameters.items()
        if value is not None
    ]
    return ", ".join(parts)


def _status(content: Content) -> str:
    manifest = content.run.manifest
    figures = content.figures
    text = "unfinished" if manifest.status == "started" else str(manifest.status)
    if manifest.error:
        text += f": {clean(manifest.error, 200)}"
    text += _cut_short("failed", figures.failed_episodes)
    return text + _cut_short("limited", figures.limited_episodes)


def _cut_short(word: str, episodes: Mapping[str, str]) -> str:
    """Return which episodes ended early, with the first reason."""
    if not episodes:
        return ""
    which = names([f"episode {index}" for index in episodes])
    reason = clean(next(iter(episodes.values())), 200)
    return f"; {word}: {which}" + (f" ({reason})" if reason else "")


def outcome(content: Content) -> list[Entry]:
    """Return how the episodes ended."""
    figures = content.figures
    if not figures.played:
        return [Entry("success", "no episode was played to its end")]
    success = percent(figures.success_rate) + _share_range(figures.success_interval)
    rounds = f"{number(figures.mean_rounds)} before play"
    if figures.mean_split_rounds:
        rounds += f", {number(figures.mean_split_rounds)} after"
    difference = (
        f"{number(figures.payoff_difference)} between the best and the worst paid seat"
        f"{_range(figures.payoff_difference_interval)}"
    )
    return [
        Entry("success", f"{success} of {figures.played:,} played"),
        Entry("total payoff", number(figures.mean_total)),
        Entry("difference", difference),
        Entry("rounds", rounds + _range(figures.rounds_interval)),
    ]


def _share_range(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f" (95 %: {percent(interval.low)} to {percent(interval.high)})"


def _range(interval: Interval | None) -> str:
    if interval is None or interval.low == interval.high:
        return ""
    return f" (95 %: {number(interval.low)} to {number(interval.high)})"


def credit_basis(content: Content) -> str:
    """Return how the measured column was obtained, which it never stands without."""
    worth = content.figures.worth
    if worth is None:
        return "no credit was measured"
    calls = f", {worth.calls:,} model calls" if worth.calls else ""
    values = worth.evaluations / worth.episodes
    return (
        f"worth {worth.kind}{_absent_seats(content)}; "
        f"method {clean(str(worth.method), 40)}, "
        f"{values:,.10g} values an episode{calls}; v(∅) = {number(worth.empty)}, "
        f"v(N) = {number(worth.grand)}. {sentence(content.run.config.worth.kind)}"
    )


def _absent_seats(content: Content) -> str:
    """Return what stood in for the seats outside a coalition."""
    settings = content.run.config.worth
    absence = content.figures.worth.absence if content.figures.worth else None
    texts = {
        "none": "",
        "removed": ", absent seats removed",
        "idle": ", absent seats idle",
        "baseline": f", absent seats played by {clean(settings.baseline, 40)}",
        "swap": f", absent seats played by {clean(settings.swap, 60)}",
    }
    # Episodes of a resumed run may differ; their rules are then named as they are.
    return texts.get(str(absence), f", absence {absence}")


def faults(content: Content) -> list[Entry]:
    """Return forfeits and breaches, over all episodes and named in the shown one."""
    figures = content.figures
    seats = {seat: n for seat, n in figures.forfeits_by_seat.items() if n}
    forfeits = f"{figures.forfeits:,} of {figures.decisions:,} decisions"
    if seats and len(seats) <= 6:
        parts = [f"{clean(seat, 40)} {n:,}" for seat, n in seats.items()]
        forfeits += f" ({', '.join(parts)})"
    entries = [
        Entry("forfeits", forfeits),
        Entry("breaches", f"{figures.breaches:,}"),
    ]
    if content.episode is not None:
        breaches = content.episode.breaches[:_SHOWN_BREACHES]
        entries += [Entry("", breach_text(breach)) for breach in breaches]
    return entries


def costs(content: Content) -> str:
    """Return what the run cost."""
    figures = content.figures
    calls = f"{figures.calls:,} model calls"
    if figures.saved:
        requests = figures.calls + figures.saved
        calls += f" ({requests:,} asked, {figures.saved:,} saved as equal ones)"
    parts = [calls, f"{figures.tokens:,} tokens"]
    if figures.calls:
        parts.append(dollars(figures.cost))
    return ", ".join([*parts, f"{figures.seconds:,.1f} s"])


def spending(content: Content) -> list[Entry]:
    """Return what was spent by purpose, and by seat and model where there are several."""
    spend = content.figures.spend
    views = {"seat": spend.seat, "purpose": spend.purpose, "model": spend.model}
    entries = []
    for name, groups in views.items():
        # One group repeats the total above it, and a long list is for `--json`.
        if 1 < len(groups) <= FEW:
            parts = [_group_cost(key, group) for key, group in groups.items()]
            entries.append(Entry(f"by {name}", "; ".join(parts)))
    return entries


def _group_cost(name: str, group: SpendFigures) -> str:
    return (
        f"{clean(name, 40)} {group.calls:,} calls, {group.tokens:,} tokens, "
        f"{dollars(group.cost)}"
    )


def dollars(cost: float | None) -> str:
    """Return a cost in words. None means that a price is not known."""
    if cost is None:
        return "cost not known"
    if cost == 0:
        return "$0"
    # Small costs keep two digits that say something, where four decimals would say zero.
    return f"${cost:,.4f}" if cost >= 0.0001 else f"${cost:.2g}"
