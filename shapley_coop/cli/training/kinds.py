"""The kinds of courses: what each can be told, how it trains, and what its card says in lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.cli.training.courses import (
    CourseRequest,
    train_dialogue,
    train_imitation,
    train_recurrent,
)
from shapley_coop.errors import ConfigError

Card = Mapping[str, Any]


class CourseKind(NamedTuple):
    """One way to train a policy."""

    meaning: str
    """Who learns, after "to"."""
    options: tuple[str, ...]
    """What it can be told, beside what all can be told."""
    train: Callable[[CourseRequest], Path]
    """Trains, and returns the policy's folder."""
    summary: Callable[[Card], list[str]]
    """What was learned, in lines, by the policy's card."""


def _imitation_lines(card: Card) -> list[str]:
    from shapley_coop.records.words import count_text

    lessons, curve = card["lessons"], card["curve"]
    return [
        f"learned: {lessons['rows']:,} decisions of {card['imitates']} in "
        f"{count_text(lessons['episodes'], 'episode')}, {card['tokens']:,} tokens on "
        f"{card['device']}",
        _course_of(curve, "loss", 4),
    ]


def _dialogue_lines(card: Card) -> list[str]:
    from shapley_coop.records.words import count_text

    curve = card["curve"]
    return [
        f"learned: {curve[-1]['answers']:,} different answers in the last of "
        f"{count_text(len(curve), 'round')}, {card['tokens']:,} tokens on {card['device']}"
    ]


def _recurrent_lines(card: Card) -> list[str]:
    from shapley_coop.records.words import count_text

    curve = card["curve"]
    return [
        f"learned: {card['decisions']:,} decisions in "
        f"{count_text(card['episodes'], 'episode')} on {card['device']}",
        _course_of(curve, "mean_total", 2),
    ]


def _course_of(curve: Sequence[Mapping[str, float]], figure: str, digits: int) -> str:
    """Return where a figure of a curve began and where it ended, if it has two points."""
    first, last = (f"{point[figure]:.{digits}f}" for point in (curve[0], curve[-1]))
    course = f"{first} at first, {last} at last" if len(curve) > 1 else last
    return f"{figure.removeprefix('mean_')}: {course}"


IMITATION = CourseKind(
    "a language policy that imitates",
    ("imitate", "episodes", "passes", "rank", "batch", "seconds"),
    train_imitation,
    _imitation_lines,
)
DIALOGUE = CourseKind(
    "a language policy that is reinforced",
    (
        "stored",
        "start",
        "rounds",
        "grouping",
        "episodes",
        "passes",
        "pay",
        "credit",
        "protocol",
    ),
    train_dialogue,
    _dialogue_lines,
)
RECURRENT = CourseKind(
    "a recurrent policy",
    (
        "pay",
        "welfare",
        "credit",
        "protocol",
        "opponents",
        "networks",
        "critic",
        "episodes",
        "passes",
    ),
    train_recurrent,
    _recurrent_lines,
)
OF_EVERY_COURSE = ("seed", "device")
"""Options that every kind of course has."""


def kind_of_course(policy: str, choices: Mapping[str, Any]) -> CourseKind:
    """Return how is trained, which options tell where a policy can learn in two ways.

    Args:
        policy: `language` or `recurrent`.
        choices: the options that were given, by name.

    Raises:
        ConfigError: an option is given that means nothing to this kind of course.
    """
    kind = RECURRENT
    # What imitation cannot be told asks for reinforcement.
    asking = [
        name
        for name in choices
        if name in DIALOGUE.options and name not in IMITATION.options
    ]
    if policy == "language":
        kind = DIALOGUE if asking else IMITATION
    for name in choices:
        if name not in (*kind.options, *OF_EVERY_COURSE):
            raise ConfigError(_refusal(name, kind, asking))
    return kind


def _refusal(name: str, kind: CourseKind, asking: list[str]) -> str:
    """Return why an option is refused, and what can be done."""
    refused = f"{flag_of(name)} means nothing to {kind.meaning}"
    if kind is RECURRENT:
        return f"{refused}; leave it out, or take --policy language"
    if name not in IMITATION.options:
        return f"{refused}; leave it out, or take --policy recurrent"
    reasons = " and ".join(flag_of(option) for option in asking)
    return f"{refused}, which is what {reasons} asked for; leave one or the other out"


def flag_of(name: str) -> str:
    """Return an option as it is written."""
    return "--from" if name == "stored" else f"--{name}"
