"""The sentences of what an episode's outcome stands up to: stability, score shares, links."""

from __future__ import annotations

from shapley_coop.records import Core, Episode, Equilibrium, Rationality
from shapley_coop.records.words import clean, names, number, percent

FEW = 12
WHY_SHARES_DIFFER = (
    "score shares count what each seat did as if it were worth as much without the others, "
    "credit counts what coalitions reach: they differ where seats need one another"
)


def stability(episode: Episode) -> list[str]:
    """Return whether the deal is rational, an equilibrium and in the core, a line each."""
    checks = episode.checks
    if checks is None:
        return []
    said = []
    if checks.rationality is not None:
        said.append(_rational(checks.rationality))
    if checks.equilibrium is not None:
        said.append(_equilibrium(checks.equilibrium))
    if checks.core is not None:
        said.append(_core(checks.core))
    left = [f"{name} ({clean(why, 160)})" for name, why in checks.skipped.items()]
    return [*said, *([f"not checked: {'; '.join(left)}"] if left else [])]


def _rational(found: Rationality) -> str:
    seat = min(found.margins, key=found.margins.__getitem__)
    margin = found.margins[seat]
    if found.holds:
        return (
            "individually rational: nobody signed for less than its outside option; "
            f"{clean(seat, 40)} gains least, {number(margin, sign=True)}"
        )
    return (
        f"not individually rational: {clean(seat, 40)} signed for {number(-margin)} "
        "less than its outside option"
    )


def _equilibrium(found: Equilibrium) -> str:
    if found.deviation is None:
        kind = "dominant for every seat" if found.dominant else "a Nash equilibrium"
        return f"under the contracts the agreed profile is {kind}"
    deviation = found.deviation
    line = ", ".join(clean(action, 30) for action in deviation.actions[:6])
    more = " …" if len(deviation.actions) > 6 else ""
    return (
        f"under the contracts the agreed profile is no equilibrium: {clean(deviation.seat, 40)} "
        f"would gain {number(deviation.gain)} by {line}{more}"
    )


def _core(found: Core) -> str:
    if found.holds:
        return "the final division is in the core of the measured worth"
    error = f" ±{number(found.stderr)}" if found.stderr else ""
    return (
        f"the final division is not in the core: {names(found.objector)} could make "
        f"{number(found.excess)}{error} more without the others"
    )


def contributions(episode: Episode) -> list[str]:
    """Return score shares beside credit shares, and why they differ; nothing without scores."""
    scores, credit = episode.contributions, episode.credit
    if scores is None or credit is None or sum(scores.values()) <= 0:
        return []
    total, worth = sum(scores.values()), sum(credit.values.values())
    said = []
    for seat, score in list(scores.items())[:FEW]:
        phi = credit.values.get(seat)
        share = (
            f", {percent(phi / worth)} of all credit"
            if phi is not None and worth > 0
            else ""
        )
        said.append(
            f"{clean(seat, 40)}: score {number(score)}, {percent(score / total)} of all scores; "
            f"credit {number(phi)}{share}"
        )
    return [*said, WHY_SHARES_DIFFER]


def myerson(episode: Episode) -> list[str]:
    """Return Myerson values beside Shapley values; nothing where the game has no links."""
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
