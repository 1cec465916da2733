"""The tag format of VAGEN replies: what a model saw, thought, expected and does."""

import re
from dataclasses import dataclass

from shapley_coop.records.statements import Reasoning

_THOUGHTS: dict[Reasoning, tuple[str, ...] | None] = {
    "free": (),
    "none": None,
    "state": ("observation", "reasoning"),
    "transition": ("reasoning", "prediction"),
    "world-model": ("observation", "reasoning", "prediction"),
}
_TAG = re.compile(r"</?(?:think|answer|observation|reasoning|prediction)>")


@dataclass(frozen=True, slots=True)
class TaggedReply:
    """What one reply says. Fields that the mode lacks are empty."""

    well_formed: bool
    actions: tuple[str, ...] = ()
    observation: str = ""
    reasoning: str = ""
    prediction: str = ""
    answer: str = ""
    """What stands between the tags of the answer, as it stands."""


def parse_tags(
    text: str, mode: Reasoning, *, max_actions: int = 3, reference: bool = False
) -> TaggedReply:
    """Read one tagged reply. Actions are split at commas, and blank ones dropped.

    The sound form takes only a reply whose tags are exactly those of the mode, each once, with at
    most `max_actions` actions. Anything else yields no action. `reference` keeps the first
    `max_actions`, lets further tags hide inside a block, and in the three structured modes reads
    actions from a correct part of a longer text. Time of the sound form is linear in the text,
    while that of the reference grows faster in hostile text.
    Source: arXiv 2510.16907 and its parsers.
    """
    if mode not in _THOUGHTS:
        raise ValueError(
            f"mode {mode!r} is unknown: choose one of {', '.join(_THOUGHTS)}"
        )
    pattern = _pattern(mode)
    if not reference:
        return _strict(text, pattern, mode, max_actions)
    whole = re.fullmatch(rf"\s*{pattern}\s*", text, re.DOTALL)
    part = re.search(pattern, text, re.DOTALL)
    is_whole = whole is not None
    if part is None or not (is_whole or _THOUGHTS[mode]):
        return TaggedReply(is_whole)
    return _read(part, is_whole, max_actions)


def _strict(text: str, pattern: str, mode: Reasoning, max_actions: int) -> TaggedReply:
    parts = _THOUGHTS[mode]
    blocks = 1 if parts is None else 2 + len(parts)
    # Tags are counted first, since their number bounds what the match can try.
    if len(_TAG.findall(text)) != 2 * blocks:
        return TaggedReply(well_formed=False)
    whole = re.fullmatch(rf"\s*{pattern}\s*", text, re.DOTALL)
    if whole is None or len(_actions(whole["answer"])) > max_actions:
        return TaggedReply(well_formed=False)
    return _read(whole, True, max_actions)


def _pattern(mode: Reasoning) -> str:
    """Regular expression of the blocks of a mode, blank space allowed between them."""
    parts = _THOUGHTS[mode]
    answer = _block("answer")
    if parts is None:
        return answer
    inner = "(.*?)"
    if parts:
        blocks = [_block(part) for part in parts]
        inner = r"\s*".join(["", *blocks, ""])
    return rf"<think>{inner}</think>\s*{answer}"


def _block(tag: str) -> str:
    return rf"<{tag}>(?P<{tag}>.*?)</{tag}>"


def _read(match: re.Match[str], well_formed: bool, max_actions: int) -> TaggedReply:
    fields = match.groupdict()
    actions = _actions(fields["answer"])
    return TaggedReply(well_formed, actions[:max_actions], **fields)


def _actions(answer: str) -> tuple[str, ...]:
    parts = (part.strip() for part in answer.split(","))
    return tuple(part for part in parts if part)
