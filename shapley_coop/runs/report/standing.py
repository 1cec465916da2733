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
    # Without this line, a check that is missing would look like one that was passed.
    skipped = []
    for name, why in checks.skipped.items():
        reason = clean(why, 160)
        skipped.append(f"{name} ({reason})")
    if skipped:
        reasons = "; ".join(skipped)
        lines.append(f"not checked: {reasons}")
    return lines


def _rationality(check: Rationality) -> str:
    seat = min(check.margins, key=check.margins.__getitem__)
    margin = check.margins[seat]
    name = clean(seat, 40)
    if check.holds:
        gain = number(margin, sign=True)
        return (
            "individually rational: nobody signed for less than its outside option; "
            f"{name} gains least, {gain}"
        )
    loss = number(-margin)
    return (
        f"not individually rational: {name} signed for {loss} "
        "less than its outside option"
    )


def _equilibrium(check: Equilibrium) -> str:
    deviation = check.deviation
    if deviation is None:
        kind = "a Nash equilibrium"
        if check.dominant:
            kind = "dominant for every seat"
        return f"under the contracts the agreed profile is {kind}"
    actions = [clean(action, 30) for action in deviation.actions[:_SHOWN_ACTIONS]]
    line = ", ".join(actions)
    if len(deviation.actions) > _SHOWN_ACTIONS:
        line += " …"
    seat = clean(deviation.seat, 40)
    gain = number(deviation.gain)
    return (
        f"under the contracts the agreed profile is no equilibrium: {seat} "
        f"would gain {gain} by {line}"
    )


def _core(check: Core) -> str:
    if check.holds:
        return "the final division is in the core of the measured worth"
    coalition = names(check.objector)
    excess = number(check.excess)
    # v(S) that was sampled is uncertain, and so is what the coalition could make.
    if check.stderr:
        excess += f" ±{number(check.stderr)}"
    return (
        f"the final division is not in the core: {coalition} could make "
        f"{excess} more without the others"
    )


def contributions(episode: Episode) -> list[str]:
    """Return score shares beside credit shares, and why they differ.

    A game that keeps no scores has nothing to say here.
    """
    scores = episode.contributions
    credit = episode.credit
    if scores is None or credit is None:
        return []
    total = sum(scores.values())
    # A share of a total that is not positive would say nothing.
    if total <= 0:
        return []
    lines = []
    for seat, score in list(scores.items())[:FEW]:
        name = clean(seat, 40)
        share = percent(score / total)
        credit_text = _credit_share(seat, credit)
        lines.append(
            f"{name}: score {number(score)}, {share} of all scores; {credit_text}"
        )
    return [*lines, WHY_SHARES_DIFFER]


def _credit_share(seat: str, credit: Credit) -> str:
    phi = credit.values.get(seat)
    text = f"credit {number(phi)}"
    total = sum(credit.values.values())
    if phi is None or total <= 0:
        return text
    share = percent(phi / total)
    return f"{text}, {share} of all credit"


def myerson(episode: Episode) -> list[str]:
    """Return Myerson values beside Shapley values, if the game has links."""
    if episode.myerson is None or episode.credit is None:
        return []
    lines = []
    for seat, value in list(episode.myerson.values.items())[:FEW]:
        name = clean(seat, 40)
        shapley = number(episode.credit.values.get(seat))
        lines.append(f"{name}: Myerson {number(value)}, Shapley {shapley}")
    return lines


def sections(episode: Episode) -> list[tuple[str, list[str]]]:
    """Return what there is to say, by heading."""
    parts = (
        ("Stability", stability(episode)),
        ("Scores and credit", contributions(episode)),
        ("Only linked seats work together", myerson(episode)),
    )
    return [(heading, lines) for heading, lines in parts if lines]
