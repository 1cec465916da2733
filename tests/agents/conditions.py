"""Everything that an offer can say, in each of the three ways of saying it, with what follows.

All offers are made by player_0 before the first of three rounds of the prisoner's dilemma, in which
player_0 always cooperates and player_1 cooperates twice and then defects.
"""

from __future__ import annotations

from typing import Any, NamedTuple

COURSES = {
    "player_0": ("cooperate", "cooperate", "cooperate"),
    "player_1": ("cooperate", "cooperate", "defect"),
}
RAW = {"player_0": 6.0, "player_1": 11.0}


class Case(NamedTuple):
    """One offer."""

    name: str
    clauses: tuple[dict[str, Any], ...]
    """As JSON, without the sides of the payment, which are player_0 and player_1."""
    sentence: str
    """As a sentence between tags, which is what is shown of it unless `words` says more."""
    paid: float
    """What player_0 pays player_1 in the end."""
    plan: tuple[tuple[str, tuple[str, ...]], ...] = ()
    words: tuple[str, ...] = ()
    """What is shown of the signed terms, where that is not the sentence itself."""


def one(name: str, when: dict[str, Any], text: str, paid: float, **more: Any) -> Case:
    """Return an offer of one clause over 1."""
    clause = {"price": 1, "unit": "reward", "when": when}
    sentence = f"player_0 pays player_1 1.00{text}"
    return Case(name, (clause,), sentence, paid, **more)


COOPERATES = {"seat": "player_1", "action": "cooperate"}
EACH_STEP = "the plan: player_1 cooperate 3 times"
PLAN = tuple(COURSES.items())
PLAN_WORDS = (
    "the plan: player_0 cooperate 3 times",
    "the plan: player_1 cooperate 2 times, then defect",
)


def planned(name: str, when: dict[str, Any], text: str, paid: float) -> Case:
    """Return an offer of one clause about the plan that is then played."""
    case = one(name, when, text, paid, plan=PLAN, words=PLAN_WORDS)
    words = (*PLAN_WORDS, case.sentence)
    return case._replace(sentence="; ".join(words), words=words)


CASES = (
    one("always", {"due": "always"}, "", 1.0),
    one(
        "does at a step",
        {"due": "if", **COOPERATES, "step": 1},
        " if player_1 does cooperate at step 1",
        1.0,
    ),
    one(
        "does at a later step, which it does not",
        {"due": "if", **COOPERATES, "step": 2},
        " if player_1 does cooperate at step 2",
        0.0,
    ),
    one(
        "unless it does",
        {"due": "unless", **COOPERATES, "step": 2},
        " unless player_1 does cooperate at step 2",
        1.0,
    ),
    one(
        "does from now on",
        {"due": "if", **COOPERATES, "step": "from now on"},
        " if player_1 does cooperate from now on",
        0.0,
        words=(
            EACH_STEP,
            "player_0 pays player_1 1.00 if player_1 keeps its part of the plan",
        ),
    ),
    one(
        "unless it does from now on",
        {"due": "unless", **COOPERATES, "step": "from now on"},
        " unless player_1 does cooperate from now on",
        1.0,
        words=(
            EACH_STEP,
            "player_0 pays player_1 1.00 unless player_1 keeps its part of the plan",
        ),
    ),
    one(
        "at least k times",
        {"due": "if", **COOPERATES, "times": 2},
        " if player_1 does cooperate at least 2 times",
        1.0,
    ),
    one(
        "unless at least k times",
        {"due": "unless", **COOPERATES, "times": 3},
        " unless player_1 does cooperate at least 3 times",
        1.0,
    ),
    one(
        "at least once",
        {"due": "if", **COOPERATES, "times": 1},
        " if player_1 does cooperate at least once",
        1.0,
    ),
    one(
        "outcome",
        {"due": "if", "outcome": "both-cooperate"},
        " if the game ends with both-cooperate",
        0.0,
    ),
    one(
        "unless outcome",
        {"due": "unless", "outcome": "both-cooperate"},
        " unless the game ends with both-cooperate",
        1.0,
    ),
    planned("all keep", {"due": "if", "keeps": "all"}, " if all keep the plan", 1.0),
    planned(
        "unless all keep",
        {"due": "unless", "keeps": "all"},
        " unless all keep the plan",
        0.0,
    ),
    planned(
        "one keeps",
        {"due": "if", "keeps": "player_1"},
        " if player_1 keeps its part of the plan",
        1.0,
    ),
    planned(
        "unless one keeps",
        {"due": "unless", "keeps": "player_0"},
        " unless player_0 keeps its part of the plan",
        0.0,
    ),
    Case(
        "share of reward",
        ({"price": 50, "unit": "percent", "when": {"due": "always"}},),
        "player_0 pays player_1 50 % of its reward",
        3.0,
    ),
    Case(
        "several clauses",
        (
            {"price": 2, "unit": "reward", "when": {"due": "always"}},
            {
                "price": 10,
                "unit": "percent",
                "when": {"due": "if", **COOPERATES, "step": 0},
            },
        ),
        "player_0 pays player_1 2.00; "
        "player_0 pays player_1 10 % of its reward if player_1 does cooperate at step 0",
        2.6,
    ),
)
