"""Figures over the episodes of a run: means, intervals, credit by seat. It reads no files."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Any

from shapley_coop.records import Episode, Seat, SeatCredit, Spend
from shapley_coop.runs.intervals import mean_interval, wilson


def summary(
    episodes: Sequence[Episode],
    *,
    run: str = "",
    status: str = "",
    seconds: float | None = None,
) -> dict[str, Any]:
    """Return the figures that `--json` prints; null where nothing was measured.

    Means are over episodes that were played to their end (`played`); the others are listed.
    Intervals are 95 percent and there only where two or more episodes were played: Wilson (1927)
    for the success rate, Student's t for means. `seconds` is the wall time of the run; without
    it, the sum over episodes.
    """
    played = [episode for episode in episodes if episode.status == "done"]
    seats = _seats(episodes)
    how = worth(played)
    return {
        "run": run,
        "status": status,
        "episodes": len(episodes),
        "played": len(played),
        "failed_episodes": _ended(episodes, "failed"),
        "limited_episodes": _ended(episodes, "limit"),
        **_play(played, seats),
        "forfeits": sum(sum(episode.forfeits.values()) for episode in episodes),
        "forfeits_by_seat": _total(episode.forfeits for episode in episodes),
        "breaches": sum(len(episode.breaches) for episode in episodes),
        "breaches_by_seat": dict(Counter(b.seat for e in episodes for b in e.breaches)),
        "ledger_residual": max((abs(e.ledger_residual) for e in episodes), default=0),
        "worth": how,
        "credit": {seat: _credit(seat, played, how) for seat in seats},
        "checks": _checks(played),
        "myerson": _means(e.myerson.values for e in played if e.myerson is not None),
        "contributions": _means(
            e.contributions for e in played if e.contributions is not None
        ),
        "decisions": sum(episode.decisions for episode in episodes),
        "calls": sum(episode.calls for episode in episodes),
        "tokens": sum(episode.tokens for episode in episodes),
        "saved": sum(e.credit.saved for e in episodes if e.credit is not None),
        **_spending([row for episode in episodes for row in episode.spend]),
        "seconds": sum(e.seconds for e in episodes) if seconds is None else seconds,
    }


def worth(played: Iterable[Episode]) -> dict[str, Any] | None:
    """Return how the measured credit was obtained, or None if none was measured.

    v(∅) and v(N) are means over episodes.
    """
    credits_ = [episode.credit for episode in played if episode.credit is not None]
    if not credits_:
        return None
    return {
        "kind": _one({credit.worth for credit in credits_}),
        "absence": _one({credit.absence or "none" for credit in credits_}),
        "method": _one({credit.method for credit in credits_}),
        "empty": fmean(credit.empty for credit in credits_),
        "grand": fmean(credit.grand for credit in credits_),
        "episodes": len(credits_),
        "evaluations": sum(credit.evaluations for credit in credits_),
        "calls": sum(credit.calls for credit in credits_),
    }


def _play(played: list[Episode], seats: Sequence[Seat]) -> dict[str, Any]:
    successes = sum(episode.success for episode in played)
    settled = {
        seat: [e.payoffs[seat] for e in played if seat in e.payoffs] for seat in seats
    }
    raw = {seat: [e.raw[seat] for e in played if seat in e.raw] for seat in seats}
    rounds = [float(episode.rounds) for episode in played]
    gaps = [
        max(episode.payoffs.values()) - min(episode.payoffs.values())
        for episode in played
        if episode.payoffs
    ]
    return {
        "success_rate": successes / len(played) if played else None,
        "success_interval": wilson(successes, len(played)) if len(played) > 1 else None,
        "mean_payoffs": {seat: _mean(values) for seat, values in settled.items()},
        "payoff_intervals": {
            seat: mean_interval(values) for seat, values in settled.items()
        },
        "mean_raw_payoffs": {seat: _mean(values) for seat, values in raw.items()},
        "raw_payoff_intervals": {
            seat: mean_interval(values) for seat, values in raw.items()
        },
        "mean_total": _mean(
            [math.fsum(episode.payoffs.values()) for episode in played]
        ),
        "mean_rounds": _mean(rounds),
        "rounds_interval": mean_interval(rounds),
        "mean_split_rounds": _mean([float(episode.split_rounds) for episode in played]),
        "payoff_difference": _mean(gaps),
        "payoff_difference_interval": mean_interval(gaps),
    }


def _credit(
    seat: Seat, played: list[Episode], how: dict[str, Any] | None
) -> dict[str, Any]:
    rows = [episode.columns[seat] for episode in played if seat in episode.columns]

    def column(read: Callable[[SeatCredit], float | None]) -> list[float]:
        return [value for row in rows if (value := read(row)) is not None]

    measured = column(lambda row: row.measured)
    errors = [row.stderr for row in rows if row.measured is not None]
    rational = [row.rational for row in rows if row.rational is not None]
    return {
        "claimed": _mean(column(lambda row: row.claimed)),
        "agreed": _mean(column(lambda row: row.agreed)),
        "measured": _mean(measured),
        "stderr": math.sqrt(math.fsum(e * e for e in errors)) / len(errors)
        if errors
        else None,
        "measured_interval": mean_interval(measured),
        "worth": how["kind"] if how else None,
        "absence": how["absence"] if how else None,
        "final": _mean(column(lambda row: row.final)),
        "outside": _mean(column(lambda row: row.outside)),
        "rational": all(rational) if rational else None,
        "rational_rate": fmean(rational) if rational else None,
        "overclaim": _mean(column(lambda row: row.overclaim)),
    }


def _spending(rows: list[Spend]) -> dict[str, Any]:
    """Return what calls came to in US dollars and tokens, in all and by seat, purpose and model.

    A cost is null where some call's price is not known.
    """

    def total(part: list[Spend]) -> dict[str, Any]:
        known = [row.cost for row in part if row.cost is not None]
        return {
            "calls": sum(row.calls for row in part),
            "sent": sum(row.sent for row in part),
            "tokens": sum(row.prompt + row.completion for row in part),
            "cost": math.fsum(known) if len(known) == len(part) else None,
        }

    def by(name: str) -> dict[str, Any]:
        groups: dict[str, list[Spend]] = {}
        for row in rows:
            groups.setdefault(getattr(row, name), []).append(row)
        return {key: total(part) for key, part in sorted(groups.items())}

    return {
        "cost": total(rows)["cost"],
        "spend": {name: by(name) for name in ("seat", "purpose", "model")},
    }


def _checks(played: list[Episode]) -> dict[str, Any]:
    """Return how many episodes passed each check of those in which it was made."""
    checks = [episode.checks for episode in played if episode.checks is not None]
    rational = [
        check.rationality.holds for check in checks if check.rationality is not None
    ]
    stable = [check.equilibrium for check in checks if check.equilibrium is not None]
    dominant = [found.dominant for found in stable if found.dominant is not None]
    cores = [check.core.holds for check in checks if check.core is not None]
    made = {
        "rational": rational,
        "nash": [found.nash for found in stable],
        "dominant": dominant,
        "core": cores,
    }
    return {
        **{name: {"made": len(held), "held": sum(held)} for name, held in made.items()},
        "skipped": {
            name: why for check in checks for name, why in check.skipped.items()
        },
    }


def _means(parts: Iterable[dict[Seat, float]]) -> dict[Seat, float] | None:
    rows = list(parts)
    return (
        {seat: fmean(row[seat] for row in rows) for seat in rows[0]} if rows else None
    )


def _seats(episodes: Iterable[Episode]) -> tuple[Seat, ...]:
    return tuple(dict.fromkeys(seat for episode in episodes for seat in episode.seats))


def _ended(episodes: Iterable[Episode], status: str) -> dict[str, str]:
    return {str(e.index): e.error for e in episodes if e.status == status}


def _total(parts: Iterable[dict[Seat, int]]) -> dict[Seat, int]:
    total: Counter[Seat] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def _one(values: Iterable[str]) -> str | None:
    return "+".join(sorted(values)) or None


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


# -- intervals -------------------------------------------------------------------------------
