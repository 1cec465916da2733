"""The sentences of what an episode's outcome stands up to: stability, score shares, links."""

from __future__ import annotations

from collections.abc import Mapping

from shapley_coop.records import (
    TOLERANCE,
    Core,
    CoreConvention,
    Credit,
    Episode,
    Equilibrium,
    Rationality,
    Redistribution,
)
from shapley_coop.records.words import clean, error_text, names, number, percent
from shapley_coop.runs.report.rows import FEW

WHY_SHARES_DIFFER = (
    "score shares count what each seat did as if it were worth as much without the others, "
    "credit counts what coalitions reach: they differ where seats need one another"
)
_SHOWN_ACTIONS = 6
_SUBJECTS: Mapping[bool | None, str] = {
    True: "the play",
    False: "what was agreed, which is not what was played,",
    None: "what was promised, or done where nothing was,",
}
_DIVISIONS: Mapping[Redistribution, str] = {
    "equal": "evenly",
    "proportional": "in proportion to contributions",
    "shapley": "by Shapley values",
    "banzhaf": "by Banzhaf values",
}
_EXPECTATIONS: Mapping[CoreConvention, str] = {
    "oracle": "of the game's own worth",
    "pessimistic": "if coalitions expect the worst of the others",
    "others-continue": "if coalitions expect the others to act as they did",
}
_OBJECTIONS: Mapping[CoreConvention, str] = {
    "oracle": "by the game's own worth",
    "pessimistic": "whatever the others do",
    "others-continue": "if the others act as they did",
}


def stability(episode: Episode) -> list[str]:
    """Return whether the deal is rational, an equilibrium and in the core, a line each."""
    checks = episode.checks
    if checks is None:
        return []
    lines = []
    skipped = dict(checks.skipped)
    if checks.rationality is not None:
        lines.append(_rationality(checks.rationality))
    if checks.equilibrium is not None:
        lines.append(_equilibrium(checks.equilibrium, episode))
    if checks.core is not None:
        convention = checks.core.convention
        if convention is None:
            skipped["core"] = "an older version judged it by measured credit"
        else:
            lines.append(_core(checks.core, convention, episode))
    # Without this line, a check that is missing would look like one that was passed.
    reasons = []
    for name, why in skipped.items():
        reason = clean(why, 160)
        reasons.append(f"{name} ({reason})")
    if reasons:
        listed = "; ".join(reasons)
        lines.append(f"not checked: {listed}")
    return lines


def _rationality(check: Rationality) -> str:
    seat = min(check.margins, key=check.margins.__getitem__)
    margin = check.margins[seat]
    name = clean(seat, 40)
    if check.holds:
        gain = number(margin, sign=True)
        return (
            "individually rational: if all keep what they signed, no signatory gets "
            f"less than its outside option; {name} gains least, {gain}"
        )
    loss = number(-margin)
    return (
        f"not individually rational: {name} signed for {loss} "
        "less than its outside option"
    )


def _equilibrium(check: Equilibrium, episode: Episode) -> str:
    subject = _SUBJECTS[check.followed]
    sentence = f"{_payoff_rules(check, episode)}{subject} {_verdict(check)}"
    # Among contracts that are enforced, another clause can take the gain away.
    if check.deviation is not None and episode.contracts and check.enforced:
        breaker = clean(check.deviation.seat, 40)
        sentence += (
            f"; add a clause by which {breaker} pays {number(check.deviation.gain)} unless it "
            "keeps its part (`lint` names the cheapest clauses for all)"
        )
    if check.subgame_perfect is not None:
        word = "some" if check.subgame_perfect else "no"
        sentence += (
            f"; {word} subgame-perfect equilibrium in pure strategies, where seats "
            "may answer what was played, takes this course"
        )
    if episode.division is not None:
        sentence += "; the division signed after play is left out"
    elif check.division is None:
        sentence += "; a division of the pot by rule would be left out"
    return sentence


def _payoff_rules(check: Equilibrium, episode: Episode) -> str:
    """Return what payoffs come from beside the game, as the beginning of a sentence."""
    rules = []
    if episode.contracts and check.enforced:
        rules.append("under the contracts")
    elif episode.contracts:
        rules.append("with contracts that nobody enforces")
    if check.division is not None and check.division in _DIVISIONS:
        rules.append(f"with the pot divided {_DIVISIONS[check.division]}")
    if not rules:
        return ""
    return " and ".join(rules) + ", "


def _verdict(check: Equilibrium) -> str:
    deviation = check.deviation
    if deviation is None:
        kind = "a Nash equilibrium"
        if check.dominant:
            kind = "dominant for every seat"
        return f"is {kind} among {check.strategies} of actions"
    actions = [clean(action, 30) for action in deviation.actions[:_SHOWN_ACTIONS]]
    line = ", ".join(actions)
    if len(deviation.actions) > _SHOWN_ACTIONS:
        line += " …"
    seat = clean(deviation.seat, 40)
    gain = number(deviation.gain)
    return (
        f"is no equilibrium among {check.strategies} of actions: {seat} would gain "
        f"{gain} by {line}"
    )


def _core(check: Core, convention: CoreConvention, episode: Episode) -> str:
    if check.holds:
        return f"the final division is in the core {_EXPECTATIONS[convention]}"
    objections = []
    # Within two standard errors of v(S) a coalition has no objection.
    if check.excess > max(TOLERANCE, 2 * check.stderr):
        objections.append(_objection(check, convention, episode))
    if check.surplus:
        surplus = number(check.surplus)
        objections.append(f"it pays {surplus} more than all together can make, v(N)")
    reasons = ", and ".join(objections)
    return f"the final division is not in the core: {reasons}"


def _objection(check: Core, convention: CoreConvention, episode: Episode) -> str:
    # v(S) that was sampled is uncertain, and so is what the coalition could make.
    excess = number(check.excess) + error_text(check.stderr)
    more = f"could make {excess} more"
    if check.stderr:
        more += " on average"
    if set(check.objector) == set(episode.seats):
        return f"all together {more}"
    return f"{names(check.objector)} {more} {_OBJECTIONS[convention]}"


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
