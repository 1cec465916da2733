"""A model's reasoning and its answer told apart, by the marks of every vendor that sends them."""

from __future__ import annotations

import re

_PAIRS = (
    *((f"<{tag}>", f"</{tag}>") for tag in ("think", "thinking", "reasoning")),
    *((f"<{tag}>", f"</{tag}>") for tag in ("thought", "thoughts", "seed:think")),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<unused94>", "<unused95>"),
)
"""What stands before reasoning and after it."""
_THOUGHT = re.compile(
    r"\s*(?:" + "|".join(f"{re.escape(a)}(.*?){re.escape(b)}" for a, b in _PAIRS) + ")",
    re.DOTALL,
)
_OPEN_THOUGHT = re.compile("|".join(re.escape(opening) for opening, _ in _PAIRS))
_LONE_ENDS = ("</think>", "[/THINK]")
"""Marks that some servers leave alone, as the one before the reasoning stands in the prompt."""
_CHANNEL = re.compile(
    r"<\|channel\|>(?P<name>\w+)[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>(?P<text>.*?)"
    r"(?=<\|end\|>|<\|return\|>|<\|call\|>|<\|start\|>|<\|channel\|>|$)",
    re.DOTALL,
)
"""A part of an answer in OpenAI's Harmony format, such as `analysis` or `final`."""
_AROUND_ANSWER = re.compile(
    r"^\s*(?:<\|START_RESPONSE\|>|<\|begin_of_solution\|>)(.*?)"
    r"(?:<\|END_RESPONSE\|>|<\|end_of_solution\|>)?\s*$",
    re.DOTALL,
)


def split_thinking(text: str) -> tuple[str, str]:
    """Return the reasoning that precedes an answer, and the answer.

    Reasoning stands between marks such as <think> and </think>, once or several times. Some
    servers put the opening mark into the prompt, so that the closing one comes alone.
    """
    channels = list(_CHANNEL.finditer(text))
    if channels:
        return _of_channels(channels)
    thoughts, answer = _leading_thoughts(text)
    start = answer.lstrip()
    # A closing mark within an answer of JSON, or in a thought that goes on, is only text.
    if not start.startswith("{") and not _OPEN_THOUGHT.match(start):
        for mark in _LONE_ENDS:
            thought, tag, rest = answer.rpartition(mark)
            if tag:
                thoughts.append(thought.strip())
                answer = rest.lstrip()
    inner = _AROUND_ANSWER.match(answer)
    if inner:
        answer = inner[1].strip()
    return "\n".join(thoughts), answer


def ends_in_thought(text: str) -> bool:
    """Return whether a text never leaves its reasoning."""
    channels = list(_CHANNEL.finditer(text))
    if channels:
        return not any(channel["name"] == "final" for channel in channels)
    _, rest = _leading_thoughts(text)
    return bool(_OPEN_THOUGHT.match(rest.strip()))


def _of_channels(channels: list[re.Match[str]]) -> tuple[str, str]:
    """Return the reasoning and the answer of a text in channels."""
    thoughts = []
    answers = []
    for channel in channels:
        part = channel["text"].strip()
        if channel["name"] == "final":
            answers.append(part)
        else:
            thoughts.append(part)
    return "\n".join(thoughts), "\n".join(answers)


def _leading_thoughts(text: str) -> tuple[list[str], str]:
    """Return the thoughts at the start of a text that have both marks, and what follows them."""
    thoughts: list[str] = []
    while match := _THOUGHT.match(text):
        thought = next(group for group in match.groups() if group is not None)
        thoughts.append(thought.strip())
        text = text[match.end() :].lstrip()
    return thoughts, text
