"""The sentences of a report, in plain clean text, for every renderer alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shapley_coop.config.sections import WorthSettings
from shapley_coop.negotiation.incentives import incentives_text
from shapley_coop.records import Seat
from shapley_coop.records.words import (
    clean,
    count_text,
    error_text,
    names,
    number,
    setting_text,
    word_list,
)
from shapley_coop.runs.figures import RunFigures, SpendFigures
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.rows import FEW

_SHOWN_FAULTS = 6


class Entry(NamedTuple):
    """A label and what stands beside it. An empty label continues the entry above."""

    label: str
    text: str


def title(content: Content) -> str:
    """Return what was played by which rules."""
    manifest = content.run.manifest
    game = clean(manifest.game, 60)
    protocol = clean(manifest.protocol, 40)
    return f"{game} · {protocol}"


def header(content: Content) -> list[Entry]:
    """Return what was played, by whom, from which seed."""
    config = content.run.config
    protocol = config.protocol
    run = config.run
    entries = [Entry("status", _status(content))]
    parameters = _parameters(config.game_parameters)
    if parameters:
        entries.append(Entry("game", parameters))
    episodes = (
        f"{content.figures.episodes:,} of {run.episodes:,}, seed {run.seed}, "
        f"settlement {protocol.settlement}, split {protocol.split}"
    )
    entries.append(Entry("episodes", episodes))
    sessions = content.run.manifest.sessions
    if sessions > 1:
        entries.append(Entry("sessions", f"{sessions}: the run was cut and continued"))
    changes = content.run.manifest.changes
    if changes:
        # Figures over two halves are no figures of one play, which nobody may overlook.
        entries.append(Entry("changes", clean("; ".join(changes), 1000)))
    entries.append(Entry("rewards", clean(incentives_text(protocol))))
    # Only the first line of the seats carries the label. The others continue it.
    label = "seats"
    for seats, agent in content.seats:
        entries.append(Entry(label, f"{seats}: {agent}"))
        label = ""
    entries += [Entry("note", clean(note, 600)) for note in content.run.manifest.notes]
    return entries


def _parameters(parameters: Mapping[str, object]) -> str:
    parts = []
    for name, value in parameters.items():
        # None stands for the game's own default.
        if value is None:
            continue
        parameter = clean(name, 40)
        text = clean(setting_text(value))
        parts.append(f"{parameter} = {text}")
    return ", ".join(parts)


def _status(content: Content) -> str:
    manifest = content.run.manifest
    figures = content.figures
    text = str(manifest.status)
    # A run that was cut without a word keeps the status that it was opened with.
    if manifest.status == "started":
        text = "unfinished"
    if manifest.error:
        error = clean(manifest.error, 200)
        text += f": {error}"
    text += _cut_short("failed", figures.failed_episodes)
    text += _cut_short("limited", figures.limited_episodes)
    return text


def _cut_short(word: str, episodes: Mapping[str, str]) -> str:
    """Return which episodes ended early, with the first reason."""
    if not episodes:
        return ""
    noun = "episode" if len(episodes) == 1 else "episodes"
    # One reason is enough here, since each episode's own report has its own.
    text = f"; {word}: {noun} {names(list(episodes), noun='episode')}"
    reason = clean(next(iter(episodes.values())), 200)
    if reason:
        text += f" ({reason})"
    return text


def credit_basis(content: Content) -> str:
    """Return how the measured column was obtained, which it never stands without."""
    worth = content.figures.worth
    if worth is None:
        return "no credit was measured"
    settings = content.run.config.worth
    empty = number(worth.empty)
    grand = number(worth.grand)
    absence = _absent_seats(worth.absence, settings)
    method = clean(str(worth.method), 40)
    values = worth.evaluations / worth.episodes
    calls = f", {count_text(worth.calls, 'model call')}" if worth.calls else ""
    return (
        f"worth {worth.kind}{absence}; method {method}, "
        f"{values:,.10g} values an episode{calls}; v(nobody) = {empty}, "
        f"v(everyone) = {grand}{_error_meaning(content)}"
    )


def _error_meaning(content: Content) -> str:
    """Return what ± means in the table below, if it is used there."""
    cells = [cell for row in content.rows for cell in row.cells.values()]
    if any(error_text(cell.error) for cell in cells):
        return "; ± is one standard error of the mean"
    return ""


def _absent_seats(absence: str | None, settings: WorthSettings) -> str:
    """Return what stood in for the seats outside a coalition."""
    baseline = clean(settings.baseline, 40)
    swap = clean(settings.swap, 60)
    texts = {
        "none": "",
        "removed": ", absent seats removed",
        "idle": ", absent seats idle",
        "baseline": f", absent seats played by {baseline}",
        "swap": f", absent seats played by {swap}",
        "agreed": ", absent seats keep what they signed",
        "worst-reply": ", absent seats do what harms the members most",
    }
    # Episodes of a resumed run may differ. Their rules are then named as they are.
    return texts.get(str(absence), f", absence {absence}")


def faults(content: Content) -> list[Entry]:
    """Return forfeits and breaches, over all episodes."""
    figures = content.figures
    forfeits = f"{figures.forfeits:,} of {figures.decisions:,} decisions"
    forfeits += by_seat(figures.forfeits_by_seat)
    breaches = f"{figures.breaches:,}{by_seat(figures.breaches_by_seat)}"
    return [Entry("forfeits", forfeits), Entry("breaches", breaches)]


def by_seat(counts: Mapping[Seat, int]) -> str:
    """Return whose faults they were in brackets, or nothing for none and for too many seats."""
    parts = []
    for seat, count in counts.items():
        if count:
            name = clean(seat, 40)
            parts.append(f"{name} {count:,}")
    if not parts or len(parts) > _SHOWN_FAULTS:
        return ""
    listed = ", ".join(parts)
    return f" ({listed})"


def costs(content: Content) -> str:
    """Return what the run cost."""
    figures = content.figures
    calls = count_text(figures.calls, "model call")
    if figures.saved:
        requests = figures.calls + figures.saved
        calls += f" ({requests:,} asked, {figures.saved:,} saved as equal ones)"
    parts = [calls, count_text(figures.tokens, "token")]
    # Without calls, a cost of nothing need not be said.
    if figures.calls:
        groups = figures.spend.model.values()
        parts.append(_cost(figures.cost, list(groups)))
        parts += _without_request(figures)
    parts += _paid_outside(figures)
    parts.append(f"{figures.seconds:,.1f} s")
    return ", ".join(parts)


def _cost(cost: float | None, groups: Sequence[SpendFigures]) -> str:
    """Return a cost in words, or the most that it can be where tokens were not counted."""
    amounts = [group.at_most for group in groups]
    known = [amount for amount in amounts if amount is not None]
    uncounted = sum(group.uncounted for group in groups)
    words = dollars(cost)
    if cost is None and len(known) == len(amounts):
        words = f"at most {dollars(math.fsum(known))}"
    if uncounted:
        answers = count_text(uncounted, "answer")
        words += f" ({answers} without a count of tokens, taken at the most)"
    return words


def other_models(content: Content) -> list[Entry]:
    """Return which models answered in the place of those that were asked."""
    parts = []
    for name, group in content.figures.spend.model.items():
        if group.answered_by:
            others = word_list([clean(other, 60) for other in group.answered_by])
            parts.append(f"{clean(name, 60)} was asked, {others} answered")
    return [Entry("models", "; ".join(parts))] if parts else []


def _without_request(figures: RunFigures) -> list[str]:
    """Return how many answers cost nothing because they were known already."""
    known = sum(group.calls - group.sent for group in figures.spend.model.values())
    # Requests that were repeated outnumber the answers. Then it cannot be told.
    if known <= 0:
        return []
    return [f"{count_text(known, 'answer')} from the cache or the run's own record"]


def _paid_outside(figures: RunFigures) -> list[str]:
    """Return what was paid for that no recorded episode tells of."""
    parts = []
    if figures.unanswered:
        requests = count_text(figures.unanswered, "request")
        words = f"{requests} without an answer, which may be billed too"
        parts.append(words + _at_most(figures.unanswered_at_most))
    if figures.unrecorded:
        answers = count_text(figures.unrecorded, "answer")
        words = f"{answers} to episodes not recorded yet, which `resume` takes up"
        parts.append(words + _at_most(figures.unrecorded_at_most))
    return parts


def _at_most(cost: float) -> str:
    """Return a bound on a cost in brackets, or nothing where no price is known."""
    return f" (at most {dollars(cost)})" if cost else ""


def spending(content: Content) -> list[Entry]:
    """Return what was spent by purpose, and by seat and model where there are several."""
    spend = content.figures.spend
    views = {
        "seat": spend.seat,
        "purpose": spend.purpose,
        "model": spend.model,
    }
    entries = []
    for name, groups in views.items():
        # One group repeats the total above it, and a long list is for `--json`.
        if not 1 < len(groups) <= FEW:
            continue
        parts = [_group_cost(key, group) for key, group in groups.items()]
        entries.append(Entry(f"by {name}", "; ".join(parts)))
    return entries


def _group_cost(name: str, group: SpendFigures) -> str:
    words = clean(name, 40)
    cost = _cost(group.cost, [group])
    calls = count_text(group.calls, "call")
    tokens = count_text(group.tokens, "token")
    return f"{words} {calls}, {tokens}, {cost}"


def dollars(cost: float | None) -> str:
    """Return a cost in words. None means that a price is not known."""
    if cost is None:
        return "cost not known"
    if cost == 0:
        return "$0"
    # Small costs keep two digits that say something, where four decimals would say zero.
    if cost < 0.0001:
        return f"${cost:.2g}"
    return f"${cost:,.4f}"
