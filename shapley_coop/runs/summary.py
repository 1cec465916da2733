"""From the episodes of a run to its figures. It reads no files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.llm.memory.outside import NOTHING, PaidOutside
from shapley_coop.records import Attainable, Check, Episode, Seat, Status
from shapley_coop.runs.columns import COLUMNS, SeatEpisode
from shapley_coop.runs.figures import (
    CheckFigures,
    ChecksFigures,
    RunFigures,
    SeatFigures,
    WorthFigures,
)
from shapley_coop.runs.intervals import mean_interval, mean_of, sum_of
from shapley_coop.runs.outcomes import (
    by_seat,
    chance_of,
    mean,
    payoff_gap,
    rounds_of,
    stderr_of_mean,
    success_interval,
    success_rate,
)
from shapley_coop.runs.spending import spend_figures, spend_groups, spend_rows


def summarise(
    episodes: Sequence[Episode],
    *,
    run: str = "",
    status: str = "",
    seconds: float | None = None,
    protocol: NegotiationProtocol | None = None,
    outside: PaidOutside = NOTHING,
) -> RunFigures:
    """Return the figures of a run.

    Args:
        episodes: every recorded episode.
        run: the path of its folder.
        status: how the run ended.
        seconds: its wall time. If None, the episodes' times are added up.
        protocol: its rules, which say how many rounds are possible. None leaves that open.
        outside: what was paid for beside the episodes.
    """
    # Only episodes that were played to their end enter the means.
    played = [episode for episode in episodes if episode.status == "done"]
    seats = list(dict.fromkeys(seat for e in episodes for seat in e.seats))
    settled = {seat: _settled(seat, played) for seat in seats}
    raw = {seat: _raw(seat, played) for seat in seats}
    rounds = rounds_of(played, protocol)
    gaps = [payoff_gap(episode) for episode in played if episode.payoffs]
    # What was spent, lost or broken counts in every episode, also in those that were cut.
    forfeits = _sums(episode.forfeits for episode in episodes)
    breaches = Counter(breach.seat for e in episodes for breach in e.breaches)
    worth = _worth_figures(played)
    return RunFigures(
        run=run,
        status=status,
        episodes=len(episodes),
        played=len(played),
        failed_episodes=_errors(episodes, "failed"),
        limited_episodes=_errors(episodes, "limit"),
        chance=chance_of(episodes),
        successes=sum(episode.success for episode in played),
        success_rate=success_rate(episodes),
        success_interval=success_interval(episodes),
        mean_payoffs=by_seat(mean, settled),
        payoff_stderrs=by_seat(stderr_of_mean, settled),
        payoff_intervals=by_seat(mean_interval, settled),
        mean_raw_payoffs=by_seat(mean, raw),
        raw_payoff_intervals=by_seat(mean_interval, raw),
        mean_total=mean([_total(episode) for episode in played]),
        attainable=_attainable(played),
        mean_rounds=rounds.before,
        rounds_interval=rounds.interval,
        mean_split_rounds=rounds.after,
        mean_silent_rounds=rounds.silent,
        payoff_difference=mean(gaps),
        payoff_difference_interval=mean_interval(gaps, least=0),
        forfeits=sum(forfeits.values()),
        forfeits_by_seat=forfeits,
        breaches=breaches.total(),
        breaches_by_seat=dict(breaches),
        ledger_residual=_residual(episodes),
        worth=worth,
        credit={seat: _seat_figures(seat, played, worth) for seat in seats},
        checks=_checks(played),
        myerson=_myerson(played),
        contributions=_contributions(played),
        decisions=sum(episode.decisions for episode in episodes),
        saved=_saved(episodes),
        **_spending(episodes, outside),
        seconds=_seconds(episodes, seconds),
    )


def _spending(episodes: Sequence[Episode], outside: PaidOutside) -> dict[str, Any]:
    """Return the fields of what a run spent, by their names."""
    rows = spend_rows(episodes)
    together = spend_figures(rows)
    return {
        "calls": sum(episode.calls for episode in episodes),
        "tokens": sum(episode.tokens for episode in episodes),
        "cost": together.cost,
        "at_most": together.at_most,
        "uncounted": together.uncounted,
        "unanswered": outside.unanswered.calls,
        "unanswered_at_most": outside.unanswered.uncertain,
        "unrecorded": outside.unrecorded.calls,
        "unrecorded_at_most": outside.unrecorded.uncertain,
        "spend": spend_groups(rows),
    }


def _worth_figures(episodes: Iterable[Episode]) -> WorthFigures | None:
    """Return how the measured credit was obtained, or None if none was measured."""
    credits_ = [episode.credit for episode in episodes if episode.credit is not None]
    if not credits_:
        return None
    draws = [credit.draws for credit in credits_ if credit.draws is not None]
    stops = {credit.stopped_by for credit in credits_ if credit.stopped_by}
    return WorthFigures(
        kind=_joined({credit.worth for credit in credits_}),
        absence=_joined({credit.absence or "none" for credit in credits_}),
        method=_joined({credit.method for credit in credits_}),
        empty=mean_of([credit.empty for credit in credits_]),
        grand=mean_of([credit.grand for credit in credits_]),
        draws=max(draws, default=None),
        stopped_by="; ".join(sorted(stops)) or None,
        episodes=len(credits_),
        evaluations=sum(credit.evaluations for credit in credits_),
        calls=sum(credit.calls for credit in credits_),
    )


def _attainable(played: Iterable[Episode]) -> Attainable | None:
    """Return what could have been reached, which is the same in every episode of a run."""
    stated = [e.attainable for e in played if e.attainable is not None]
    return stated[0] if stated else None


def _seconds(episodes: Iterable[Episode], seconds: float | None) -> float:
    """Return the wall time of a run. If it is not known, the episodes' times are added up."""
    if seconds is not None:
        return seconds
    return sum(episode.seconds for episode in episodes)


def _total(episode: Episode) -> float:
    """Return what all seats of an episode hold together."""
    return sum_of(episode.payoffs.values())


def _residual(episodes: Iterable[Episode]) -> int:
    """Return the greatest absolute residual of a ledger."""
    residuals = [abs(episode.ledger_residual) for episode in episodes]
    return max(residuals, default=0)


def _saved(episodes: Iterable[Episode]) -> int:
    """Return how many calls for credit equal ones had answered already."""
    return sum(e.credit.saved for e in episodes if e.credit is not None)


def _settled(seat: Seat, played: Iterable[Episode]) -> list[float]:
    """Return what a seat held at the end of each episode that it was in."""
    return [episode.payoffs[seat] for episode in played if seat in episode.payoffs]


def _raw(seat: Seat, played: Iterable[Episode]) -> list[float]:
    """Return what the game paid a seat in each episode that it was in."""
    return [episode.raw[seat] for episode in played if seat in episode.raw]


def _seat_figures(
    seat: Seat, played: Iterable[Episode], worth: WorthFigures | None
) -> SeatFigures:
    rows = [SeatEpisode(episode, seat) for episode in played if seat in episode.columns]
    cells = {}
    for column in COLUMNS:
        cells[column.name] = column.over_episodes(rows)
    if worth is None:
        return SeatFigures(cells)
    return SeatFigures(cells, worth.kind, worth.absence)


def _checks(played: Iterable[Episode]) -> ChecksFigures:
    deals: list[bool] = []
    nash: list[bool] = []
    dominant: list[bool] = []
    perfect: list[bool] = []
    cores: list[bool] = []
    skipped: dict[Check, str] = {}
    for episode in played:
        checks = episode.checks
        if checks is None:
            continue
        if checks.rationality is not None:
            deals.append(checks.rationality.holds)
        if checks.equilibrium is not None:
            nash.append(checks.equilibrium.nash)
            # Both are left open where there is too much to compare.
            if checks.equilibrium.dominant is not None:
                dominant.append(checks.equilibrium.dominant)
            if checks.equilibrium.subgame_perfect is not None:
                perfect.append(checks.equilibrium.subgame_perfect)
        if checks.core is not None:
            cores.append(checks.core.holds)
        skipped |= checks.skipped
    return ChecksFigures(
        rational=_count(deals),
        nash=_count(nash),
        dominant=_count(dominant),
        subgame_perfect=_count(perfect),
        core=_count(cores),
        skipped=skipped,
    )


def _count(verdicts: Sequence[bool]) -> CheckFigures:
    return CheckFigures(made=len(verdicts), held=sum(verdicts))


def _myerson(played: Iterable[Episode]) -> dict[Seat, float] | None:
    rows = [e.myerson.values for e in played if e.myerson is not None]
    return _means(rows)


def _contributions(played: Iterable[Episode]) -> dict[Seat, float] | None:
    rows = [e.contributions for e in played if e.contributions is not None]
    return _means(rows)


def _means(rows: Sequence[Mapping[Seat, float]]) -> dict[Seat, float] | None:
    if not rows:
        return None
    means = {}
    for seat in rows[0]:
        means[seat] = mean_of([row[seat] for row in rows])
    return means


def _errors(episodes: Iterable[Episode], status: Status) -> dict[str, str]:
    errors = {}
    for episode in episodes:
        if episode.status == status:
            errors[str(episode.index)] = episode.error
    return errors


def _sums(parts: Iterable[Mapping[Seat, int]]) -> dict[Seat, int]:
    total: Counter[Seat] = Counter()
    for part in parts:
        total.update(part)
    return dict(total)


def _joined(values: Iterable[str]) -> str | None:
    """Return a word, or several where the episodes of a resumed run differ."""
    return "+".join(sorted(values)) or None
