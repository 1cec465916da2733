"""The sentences of what an episode's outcome stands up to: stability, score shares, links."""

from __future__ import annotations

from shapley_coop.records import Core, Credit, Episode, Equilibrium, Rationality
from shapley_coop.records.words import clean, names, number, percent
from shapley_coop.runs.report.rows import FEW

WHY_SHARES_DIFFER = (
    "score shares count what each seat did as if it were worth as much without the others, "
    "credit counts what coalitions reach: they differ where seats need one another"
)
_SHOWN_ACTIONS = 6


def stability(episode: Episode) -> list[str]:
    """Return whether the deal is rational, an equilibrium and in the core, a line each."""
    checks = episode.checks
    if checks is None:
        return []
    lines = []
    if checks.rationality is not None:
        lines.append(_rationality(checks.rationality))
    if checks.equilibrium is not None:
        lines.append(_equilibrium(checks.equilibrium))
    if checks.core is not None:
        lines.append(_core(checks.core))
    skipped = [f"{name} ({clean(why, 160)})" for name, why in checks.skipped.items()]
    if skipped:
        lines.append(f"not checked: {'; '.join(skipped)}")
    return lines


def _rationality(check: Rationality) -> str:
    seat = min(check.margins, key=check.margins.__getitem__)
    margin = check.margins[seat]
    if check.holds:
        return (
            "individually rational: nobody signed for less than its outside option; "
            f"{clean(seat, 40)} gains least, {number(margin, sign=True)}"
        )
    return (
        f"not individually rational: {clean(seat, 40)} signed for {number(-margin)} "
        "less than its outside option"
    )


def _equilibrium(check: Equilibrium) -> str:
    deviation = check.deviation
    if deviation is None:
        kind = "dominant for every seat" if check.dominant else "a Nash equilibrium"
        return f"under the contracts the agreed profile is {kind}"
    actions = [clean(action, 30) for action in deviation.actions[:_SHOWN_ACTIONS]]
    more = " …" if len(deviation.actions) > _SHOWN_ACTIONS else ""
    return (
        f"under the contracts the agreed profile is no equilibrium: {clean(deviation.seat, 40)} "
        f"would gain {number(deviation.gain)} by {', '.join(actions)}{more}"
    )


def _core(check: Core) -> str:
    if check.holds:
        return "the final division is in the core of the measured worth"
    error = f" ±{number(check.stderr)}" if check.stderr else ""
    return (
        f"the final division is not in the core: {names(check.objector)} could make "
        f"{number(check.excess)}{error} more without the others"
    )


def contributions(episode: Episode) -> list[str]:
    """Return score shares beside credit shares, and why they differ.

    A game that keeps no scores has nothing to say here.
    """
    scores = episode.contributions
    credit = episode.credit
    if scores is None or credit is None or sum(scores.values()) <= 0:
        return []
    total = sum(scores.values())
    lines = []
    for seat, score in list(scores.items())[:FEW]:
        share = f"score {number(score)}, {percent(score / total)} of all scores"
        lines.append(f"{clean(seat, 40)}: {share}; {_credit_share(seat, credit)}")
    return [*lines, WHY_SHARES_DIFFER]


def _credit_share(seat: str, credit: Credit) -> str:
    phi = credit.values.get(seat)
    total = sum(credit.values.values())
    # A share of a total that is not positive would say nothing.
    if phi is None or total <= 0:
        return f"credit {number(phi)}"
    return f"credit {number(phi)}, {percent(phi / total)} of all credit"


def myerson(episode: Episode) -> list[str]:
    """Return Myerson values beside Shapley values, if the game has links."""
    if episode.myerson is None or episode.credit is None:
        return []
    shapley = episode.credit.values
    return [
        f"{clean(seat, 40)}: Myerson {number(value)}, Shapley {number(shapley.get(seat))}"
        for seat, value in list(episode.myerson.values.items())[:FEW]
    ]


def sections(episode: Episode) -> list[tuple[str, list[str]]]:
    """Return what there is to say, by heading."""
    parts = (
        ("Stability", stability(episode)),
        ("Scores and credit", contributions(episode)),
        ("Only linked seats work together", myerson(episode)),
    )
    return [(heading, lines) for heading, lines in parts if lines]
