"""How many tokens a call used, by whatever a server says of it, and at worst where it says nothing.

Neither prompt nor answer is below what the server says of it, and no figure is negative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from shapley_coop.interfaces.model import ModelRequest, Usage
from shapley_coop.llm.money.amounts import worst

_PROMPT = ("prompt_tokens", "input_tokens", "promptTokenCount", "prompt_eval_count")
_COMPLETION = (
    "completion_tokens",
    "output_tokens",
    "candidatesTokenCount",
    "eval_count",
)
_TOTAL = ("total_tokens", "totalTokenCount")
_CACHED = (
    "prompt_cache_hit_tokens",
    "cache_read_input_tokens",
    "cached_tokens",
    "cachedContentTokenCount",
)
_READ = "cache_read_input_tokens"
_WRITTEN = "cache_creation_input_tokens"
_REASONING = ("reasoning_tokens",)
_THOUGHTS = "thoughtsTokenCount"
"""What Google counts beside the answer's other tokens."""
_TOOL_USE = "toolUsePromptTokenCount"
"""What Google counts beside the prompt's other tokens."""
_BESIDE = (_WRITTEN, _THOUGHTS, _TOOL_USE)
"""Names of the counts, as servers have them."""
_COUNTS = frozenset((*_PROMPT, *_COMPLETION, *_TOTAL, *_CACHED, *_REASONING, *_BESIDE))
_DETAILS = (
    "prompt_tokens_details",
    "input_tokens_details",
    "completion_tokens_details",
    "output_tokens_details",
)
"""Fields that hold counts of parts."""
_MOST = 10**9
"""A greater count is no count."""


def read_usage(value: Any, request: ModelRequest, *, silent: bool = False) -> Usage:
    """Return the tokens of a call.

    What the server leaves open is the most that it can be, and the usage is marked `estimated`.

    Args:
        value: the field `usage` of an answer, whatever it holds.
        request: what was asked, which bounds what it can have used.
        silent: whether the answer is empty, so that no token of one is no surprise.
    """
    counts = value if isinstance(value, Mapping) else {}
    # Of two names for one count the larger one holds, since the smaller may be a part of it.
    prompt = _largest(counts, _PROMPT)
    completion = _largest(counts, _COMPLETION)
    total = _largest(counts, _TOTAL)
    cached = _cached(counts)
    # No request is empty, and an answer of some letters has some tokens.
    if prompt == 0:
        prompt = None
    if completion == 0 and not silent:
        completion = None
    if prompt is not None:
        prompt += _count(counts.get(_TOOL_USE)) or 0
    if completion is not None:
        completion += _count(counts.get(_THOUGHTS)) or 0
    prompt, cached = _with_cached(counts, prompt, completion, total, cached)
    # A total and one part give the other, unless nothing is left for it.
    if total and prompt is None and completion is not None and total > completion:
        prompt = total - completion
    if total and completion is None and prompt is not None and total > prompt:
        completion = total - prompt
    estimated = prompt is None or completion is None
    if estimated:
        prompt, completion = _at_most(prompt, completion, total, request)
    # Where one count makes no sense, the others may leave out what it was to say.
    if _holds_unreadable(counts):
        most = worst(request)
        prompt = max(prompt or 0, most.prompt)
        completion = max(completion or 0, most.completion)
        estimated = True
    assert prompt is not None
    assert completion is not None
    # Some servers leave reasoning out of the completion, and bill it all the same.
    completion += max(0, (total or 0) - prompt - completion)
    reasoning = _reasoning(counts)
    # More reasoning than answer cannot be a part of it.
    if reasoning > completion:
        completion += reasoning
    return Usage(
        prompt=prompt,
        completion=completion,
        reasoning=reasoning,
        cached=min(cached, prompt),
        estimated=estimated,
    )


def _with_cached(
    counts: Mapping[str, Any],
    prompt: int | None,
    completion: int | None,
    total: int | None,
    cached: int,
) -> tuple[int | None, int]:
    """Return the tokens of the whole prompt, and how many of them were cached."""
    if prompt is None:
        return None, 0
    # Anthropic counts what is read from its cache or written to it beside the rest.
    read = _count(counts.get(_READ)) or 0
    written = _count(counts.get(_WRITTEN)) or 0
    is_whole = bool(_count(counts.get("prompt_tokens"))) and read + written <= prompt
    if read + written and not is_whole:
        return prompt + read + written, read
    if cached <= prompt:
        return prompt, cached
    # More than the prompt was cached, so the prompt is the rest, or the figure means nothing.
    if total is not None and total == prompt + (completion or 0):
        return prompt, 0
    return prompt + cached, cached


def _at_most(
    prompt: int | None, completion: int | None, total: int | None, request: ModelRequest
) -> tuple[int, int]:
    """Return the most tokens of prompt and answer where the server leaves them open."""
    most = worst(request)
    if total and prompt is None and completion is None:
        # Only its parts are open, and an answer is never the cheaper part.
        completion = min(total, most.completion)
        return total - completion, completion
    return (
        most.prompt if prompt is None else prompt,
        most.completion if completion is None else completion,
    )


def _cached(counts: Mapping[str, Any]) -> int:
    """Return the tokens of the prompt that were cached, which cost less: the fewest it says."""
    return min(_found(counts, _CACHED), default=0)


def _reasoning(counts: Mapping[str, Any]) -> int:
    """Return the tokens of reasoning, the most that the provider says."""
    return max(_found(counts, (*_REASONING, _THOUGHTS)), default=0)


def _found(counts: Mapping[str, Any], names: tuple[str, ...]) -> list[int]:
    """Return every count under some names, among the counts of parts too."""
    groups = [counts, *(counts.get(name) for name in _DETAILS)]
    found = []
    for group in groups:
        if isinstance(group, Mapping):
            found += [_count(group.get(name)) for name in names]
    return [count for count in found if count is not None]


def _holds_unreadable(counts: Mapping[str, Any]) -> bool:
    """Return whether some field of a count holds what is none, other than nothing at all."""
    groups = [counts]
    for name in _DETAILS:
        details = counts.get(name)
        if isinstance(details, Mapping):
            groups.append(details)
        elif details:
            return True
    for group in groups:
        for name, value in group.items():
            if name in _COUNTS and _is_unreadable(value):
                return True
    return False


def _is_unreadable(value: Any) -> bool:
    if value is None:
        return False
    # A count below zero says that there is none.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return not is_number or not value <= _MOST


def _largest(counts: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    """Return the largest count under some names."""
    found = [_count(counts.get(name)) for name in names]
    return max((count for count in found if count is not None), default=None)


def _count(value: Any) -> int | None:
    """Return a number of tokens, a part of one counted as one. None means that it is none."""
    # True is a number to Python, but no count.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= _MOST:
        return None
    return math.ceil(value)
