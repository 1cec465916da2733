"""The sentences of a report, in plain clean text, for every renderer alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from shapley_coop.records import Episode, Transfer
from shapley_coop.records.words import (
    breach_text,
    clean,
    names,
    number,
    percent,
    shares_text,
    terms_text,
)
from shapley_coop.runs.intervals import Interval
from shapley_coop.runs.report.content import Content

FEW = 12
_MICRO = 1_000_000


class TranscriptEntry(NamedTuple):
    """A label and what stands beside it."""

    label: str
    text: str


def title(facts: Content) -> str:
    """Return what was played by which rules."""
    manifest = facts.run.manifest
    return f"{clean(manifest.game, 60)} · {clean(manifest.protocol, 40)}"


def header(facts: Content) -> list[TranscriptEntry]:
    """Return what was played, by whom, from which seed."""
    config, figures = facts.run.config, facts.figures
    given = {
        key: value for key, value in config.game_parameters.items() if value is not None
    }
    entries = [TranscriptEntry("status", _status(facts))]
    if given:
        said = ", ".join(
            f"{clean(k, 40)} = {clean(str(v), 60)}" for k, v in given.items()
        )
        entries.append(TranscriptEntry("game", said))
    entries.append(
        TranscriptEntry(
            "episodes",
            f"{figures['episodes']:,} of {config.run.episodes:,}, seed {config.run.seed}, "
            f"settlement {config.protocol.settlement}, split {config.protocol.split}",
        )
    )
    entries += [
        TranscriptEntry("seats" if i == 0 else "", f"{who}: {agent}")
        for i, (who, agent) in enumerate(facts.seats)
    ]
    return entries


def _status(facts: Content) -> str:
    manifest, figures = facts.run.manifest, facts.figures
    said = "unfinished" if manifest.status == "started" else str(manifest.status)
    if manifest.error:
        said += f": {clean(manifest.error, 200)}"
    for word in ("failed", "limited"):
        ended = figures[f"{word}_episodes"]
        if ended:
            which = names([f"episode {index}" for index in ended])
            first = clean(next(iter(ended.values())), 200)
            said += f"; {word}: {which}" + (f" ({first})" if first else "")
    return said


def outcome(facts: Content) -> list[TranscriptEntry]:
    """Return how the episodes ended."""
    figures = facts.figures
    if not figures["played"]:
        return [TranscriptEntry("success", "no episode was played to its end")]
    success = percent(figures["success_rate"]) + _shares(figures["success_interval"])
    rounds = f"{number(figures['mean_rounds'])} before play"
    if figures["mean_split_rounds"]:
        rounds += f", {number(figures['mean_split_rounds'])} after"
    difference = number(figures["payoff_difference"])
    return [
        TranscriptEntry("success", f"{success} of {figures['played']:,} played"),
        TranscriptEntry("total payoff", number(figures["mean_total"])),
        TranscriptEntry(
            "difference",
            f"{difference} between the best and the worst paid seat"
            + _range(figures["payoff_difference_interval"]),
        ),
        TranscriptEntry("rounds", rounds + _range(figures["rounds_interval"])),
    ]


def _shares(interval: Interval | None) -> str:
    return (
        ""
        if interval is None
        else f" (95 %: {percent(interval[0])} to {percent(interval[1])})"
    )


def _range(interval: Interval | None) -> str:
    if interval is None or interval[0] == interval[1]:
        return ""
    return f" (95 %: {number(interval[0])} to {number(interval[1])})"


def credit_basis(facts: Content) -> str:
    """Return how the measured column was obtained; a measured credit never stands without it."""
    how = facts.figures["worth"]
    if how is None:
        return "no credit was measured"
    absent = {
        "none": "absent seats as the worth itself says",
        "removed": "absent seats removed",
        "idle": "absent seats idle",
        "baseline": f"absent seats played by {clean(facts.run.config.worth.baseline, 40)}",
        "swap": f"absent seats played by {clean(facts.run.config.worth.swap, 60)}",
    }.get(how["absence"], f"absence {how['absence']}")
    calls = f", {how['calls']:,} model calls" if how["calls"] else ""
    values = how["evaluations"] / how["episodes"]
    return (
        f"worth {how['kind']}, {absent}; method {clean(how['method'], 40)}, "
        f"{values:,.10g} values an episode{calls}; v(∅) = {number(how['empty'])}, "
        f"v(N) = {number(how['grand'])}"
    )


def steps(episode: Episode) -> list[str]:
    """Return what was done in an episode, a line a step; of many steps, the first and the last."""
    count = len(episode.steps)
    shown = (
        range(count) if count <= FEW else [*range(FEW - 3), *range(count - 2, count)]
    )
    said = []
    for index in shown:
        if count > FEW and index == count - 2:
            said.append(f"… {count - FEW + 1:,} steps left out")
        step = episode.steps[index]
        groups: dict[tuple[str, float], list[str]] = {}
        for seat, action in step.actions.items():
            groups.setdefault((action, step.rewards.get(seat, 0.0)), []).append(seat)
        rows = sorted(groups.items(), key=lambda row: -len(row[1]))
        parts = [
            f"{names(seats)} {clean(action, 40)} ({number(paid, sign=True)}"
            f"{' each' if len(seats) > 1 else ''})"
            for (action, paid), seats in rows[:6]
        ]
        more = f"; {len(rows) - 6} more kinds" if len(rows) > 6 else ""
        said.append(f"step {index}: " + "; ".join(parts) + more)
    return said


def contracts(episode: Episode) -> list[str]:
    """Return what was signed, in plain words."""
    said = []
    for contract in episode.contracts:
        signed = names(contract.signatures)
        when = f" at step {contract.step}" if contract.step else ""
        said += [*terms_text(contract.offer.terms), f"signed by {signed}{when}"]
    if episode.division is not None:
        shares = episode.division.offer.terms.shares
        what = shares_text(shares) if shares else "nothing"
        said.append(f"division of the pot, agreed after play: {what}")
    if episode.arbitrated:
        said.append(
            "a table died, so the arbiter divided the pot by measured Shapley value"
        )
    return said or ["nothing was signed"]


def ledger(episode: Episode) -> list[str]:
    """Return who paid whom and that the ledger sums to zero."""
    shown = episode.transfers
    if len(shown) > FEW:
        said = _transfer_groups(shown)
    else:
        said = [
            f"{clean(t.payer, 40)} → {clean(t.payee, 40)}  {number(t.micro / _MICRO)}  ({t.reason})"
            for t in shown
        ]
    residual = episode.ledger_residual
    end = (
        "sums to 0"
        if residual == 0
        else f"is off by {residual:,} micro-units: report this"
    )
    return [*(said or ["no transfers"]), f"the ledger {end}"]


def _transfer_groups(transfers: Sequence[Transfer]) -> list[str]:
    count: Counter[tuple[str, int]] = Counter((t.reason, t.micro) for t in transfers)
    said = [
        f"{n:,} transfers of {number(micro / _MICRO)}  ({reason})"
        for (reason, micro), n in count.most_common(6)
    ]
    rest = len(transfers) - sum(n for _, n in count.most_common(6))
    return [*said, f"{rest:,} other transfers"] if rest else said


def coalitions(episode: Episode) -> list[TranscriptEntry]:
    """Return the coalition values that a credit rests on, where they are few."""
    values = (episode.credit.coalitions if episode.credit else None) or {}
    if len(values) > 16:
        return []
    return [
        TranscriptEntry(f"v({clean(label, 60)})", number(value))
        for label, value in values.items()
    ]


def faults(facts: Content) -> list[TranscriptEntry]:
    """Return forfeits and breaches, over all episodes and named in the shown one."""
    figures, episode = facts.figures, facts.episode
    lost = {seat: n for seat, n in figures["forfeits_by_seat"].items() if n}
    said = f"{figures['forfeits']:,} of {figures['decisions']:,} decisions"
    if lost and len(lost) <= 6:
        said += (
            f" ({', '.join(f'{clean(seat, 40)} {n:,}' for seat, n in lost.items())})"
        )
    entries = [
        TranscriptEntry("forfeits", said),
        TranscriptEntry("breaches", f"{figures['breaches']:,}"),
    ]
    if episode is not None:
        entries += [
            TranscriptEntry("", breach_text(breach)) for breach in episode.breaches[:6]
        ]
    return entries


def costs(facts: Content) -> str:
    """Return what the run cost."""
    figures = facts.figures
    parts = [f"{figures['calls']:,} model calls", f"{figures['tokens']:,} tokens"]
    if figures["saved"]:
        asked = figures["calls"] + figures["saved"]
        parts[0] += f" ({asked:,} asked, {figures['saved']:,} saved as equal ones)"
    if figures["calls"]:
        parts.append(dollars(figures["cost"]))
    return ", ".join([*parts, f"{figures['seconds']:,.1f} s"])


def spending(facts: Content) -> list[TranscriptEntry]:
    """Return what was spent by purpose, and by seat and model where there are several."""
    entries = []
    for name, groups in facts.figures["spend"].items():
        if not 1 < len(groups) <= 12:
            continue
        said = [
            f"{clean(key, 40)} {group['calls']:,} calls, {group['tokens']:,} tokens, "
            f"{dollars(group['cost'])}"
            for key, group in groups.items()
        ]
        entries.append(TranscriptEntry(f"by {name}", "; ".join(said)))
    return entries


def dollars(cost: float | None) -> str:
    """Return a cost in words; a price that nobody knows is said so."""
    if cost is None:
        return "cost not known"
    return "$0" if cost == 0 else f"${cost:,.4f}" if cost >= 0.0001 else f"${cost:.2g}"
