"""From the episodes of a run to its figures. It reads no files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean

from shapley_coop.records import Check, Episode, Seat, Spend, Status
from shapley_coop.runs.columns import COLUMNS
from shapley_coop.runs.figures import (
    CheckFigures,
    ChecksFigures,
    RunFigures,
    SeatFigures,
    SpendFigures,
    SpendGroups,
    WorthFigures,
)
from shapley_coop.runs.intervals import mean_interval, wilson


def summarise(
    episodes: Sequence[Episode],
    *,
    run: str = "",
    status: str = "",
    seconds: float | None = None,
) -> RunFigures:
    """Return the figures of a run.

    Args:
        episodes: every recorded episode.
        run: the path of its folder.
        status: how the run ended.
        seconds: its wall time. If None, the episodes' times are added up.
    """
    played = [episode for episode in episodes if episode.status == "done"]
    seats = list(dict.fromkeys(s for episode in episodes for s in episode.seats))
    settled = {seat: _settled(seat, played) for seat in seats}
    raw = {seat: _raw(seat, played) for seat in seats}
    rounds = [float(episode.rounds) for episode in played]
    gaps = [_gap(episode) for episode in played if episode.payoffs]
    successes = sum(episode.success for episode in played)
    several = len(played) > 1
    worth = worth_figures(played)
    spend = [row for episode in episodes for row in episode.spend]
    total_seconds = sum(episode.seconds for episode in episodes)
    return RunFigures(
        run=run,
        status=status,
        episodes=len(episodes),
        played=len(played),
        failed_episodes=_errors(episodes, "failed"),
        limited_episodes=_errors(episodes, "limit"),
        success_rate=successes / len(played) if played else None,
        success_interval=wilson(successes, len(played)) if several else None,
        mean_payoffs={seat: _mean(values) for seat, values in settled.items()},
        payoff_intervals={s: mean_interval(values) for s, values in settled.items()},
        mean_raw_payoffs={seat: _mean(values) for seat, values in raw.items()},
        raw_payoff_intervals={s: mean_interval(values) for s, values in raw.items()},
        mean_total=_mean([math.fsum(e.payoffs.values()) for e in played]),
        mean_rounds=_mean(rounds),
        rounds_interval=mean_interval(rounds),
        mean_split_rounds=_mean([float(e.split_rounds) for e in played]),
        payoff_difference=_mean(gaps),
        payoff_difference_interval=mean_interval(gaps),
        forfeits=sum(sum(episode.forfeits.values()) for episode in episodes),
        forfeits_by_seat=_sums(episode.forfeits for episode in episodes),
        breaches=sum(len(episode.breaches) for episode in episodes),
        breaches_by_seat=dict(Counter(b.seat for e in episodes for b in e.breaches)),
        ledger_residual=max((abs(e.ledger_residual) for e in episodes), default=0),
        worth=worth,
        credit={seat: _seat_figures(seat, played, worth) for seat in seats},
        checks=_checks(played),
        myerson=_means([e.myerson.values for e in played if e.myerson is not None]),
        contributions=_means(
            [e.contributions for e in played if e.contributions is not None]
        ),
        decisions=sum(episode.decisions for episode in episodes),
        calls=sum(episode.calls for episode in episodes),
        tokens=sum(episode.tokens for episode in episodes),
        saved=sum(e.credit.saved for e in episodes if e.credit is not None),
        cost=_spend_figures(spend).cost,
        spend=_spend_groups(spend),
        seconds=total_seconds if seconds is None else seconds,
    )


def worth_figures(played: Iterable[Episode]) -> WorthFigures | None:
    """Return how the measured credit was obtained, or None if none was measured."""
    credits_ = [episode.credit for episode in played if episode.credit is not None]
    if not credits_:
        return None
    return WorthFigures(
        kind=_joined({credit.worth for credit in credits_}),
        absence=_joined({credit.absence or "none" for credit in credits_}),
        method=_joined({credit.method for credit in credits_}),
        empty=fmean(credit.empty for credit in credits_),
        grand=fmean(credit.grand for credit in credits_),
        episodes=len(credits_),
        evaluations=sum(credit.evaluations for credit in credits_),
        calls=sum(credit.calls for credit in credits_),
    )


def _settled(seat: Seat, played: Iterable[Episode]) -> list[float]:
    return [episode.payoffs[seat] for episode in played if seat in episode.payoffs]


def _raw(seat: Seat, played: Iterable[Episode]) -> list[float]:
    return [episode.raw[seat] for episode in played if seat in episode.raw]


def _gap(episode: Episode) -> float:
    return max(episode.payoffs.values()) - min(episode.payoffs.values())


def _seat_figures(
    seat: Seat, played: Iterable[Episode], worth: WorthFigures | None
) -> SeatFigures:
    rows = [episode.columns[seat] for episode in played if seat in episode.columns]
    cells = {column.name: column.over_episodes(rows) for column in COLUMNS}
    if worth is None:
        return SeatFigures(cells)
    return SeatFigures(cells, worth.kind, worth.absence)


def _spend_figures(rows: Sequence[Spend]) -> SpendFigures:
    known = [row.cost for row in rows if row.cost is not None]
    return SpendFigures(
        calls=sum(row.calls for row in rows),
        sent=sum(row.sent for row in rows),
        tokens=sum(row.prompt + row.completion for row in rows),
        # One call without a price makes the sum unknown, not merely too small.
        cost=math.fsum(known) if len(known) == len(rows) else None,
    )


def _spend_groups(rows: Sequence[Spend]) -> SpendGroups:
    return SpendGroups(
        seat=_grouped(rows, lambda row: row.seat),
        purpose=_grouped(rows, lambda row: row.purpose),
        model=_grouped(rows, lambda row: row.model),
    )


def _grouped(
    rows: Iterable[Spend], key: Callable[[Spend], str]
) -> dict[str, SpendFigures]:
    groups: dict[str, list[Spend]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: _spend_figures(group) for name, group in sorted(groups.items())}


def _checks(played: Iterable[Episode]) -> ChecksFigures:
    checks = [episode.checks for episode in played if episode.checks is not None]
    deals = [check.rationality for check in checks if check.rationality is not None]
    profiles = [check.equilibrium for check in checks if check.equilibrium is not None]
    divisions = [check.core for check in checks if check.core is not None]
    skipped: dict[Check, str] = {}
    for check in checks:
        skipped |= check.skipped
    return ChecksFigures(
        rational=_count([deal.holds for deal in deals]),
        nash=_count([profile.nash for profile in profiles]),
        # Dominance is left open where there are too many profiles to compare.
        dominant=_count([p.dominant for p in profiles if p.dominant is not None]),
        core=_count([division.holds for division in divisions]),
        skipped=skipped,
    )


def _count(verdicts: Sequence[bool]) -> CheckFigures:
    return CheckFigures(len(verdicts), sum(verdicts))


def _means(rows: Sequence[Mapping[Seat, float]]) -> dict[Seat, float] | None:
    if not rows:
        return None
    return {seat: fmean(row[seat] for row in rows) for seat in rows[0]}


def _errors(episodes: Iterable[Episode], status: Status) -> dict[str, str]:
    return {str(e.index): e.error for e in episodes if e.status == status}


def _sums(parts: Iterable[Mapping[Seat, int]]) -> dict[Seat, int]:
    total: Counter[Seat] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def _joined(values: Iterable[str]) -> str | None:
    return "+".join(sorted(values)) or None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
