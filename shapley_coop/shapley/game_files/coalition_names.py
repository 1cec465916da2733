"""Coalitions written as text, such as `ann+bob`: which players a text names."""

import re
from collections.abc import Collection, Sequence
from unicodedata import normalize

from shapley_coop.shapley.choice import ChoiceError

SEPARATORS = "+,;|"
_NOBODY = {"", "∅"}
_BRACKETS = {"{": "}", "(": ")"}


def canonical(name: str) -> str:
    """Return a name without outer spaces, in one of the spellings that Unicode has for it.

    An accent is a part of its letter or a character of its own, and nobody sees which.
    """
    return normalize("NFC", name).strip()


def parse_coalitions(
    texts: Sequence[str], names: Sequence[str] | None
) -> list[frozenset[str]]:
    """Return the players that each text names, with a separator between each two.

    Separators are plus signs, commas, semicolons and bars. Where the players are known, their
    names may hold these characters, too. Where they are not, one of the characters separates
    throughout, and all others belong to names. Curly or round brackets around every coalition
    are left out.

    Raises:
        ChoiceError: it is not clear which characters separate names and which belong to them, so
            the players have to be named.
        ValueError: a coalition names a stranger, or a player twice.
    """
    tidy = [canonical(text) for text in texts]
    if names is None:
        plain = _without_brackets(tidy)
        return _parse_plain(plain, _separator(plain))
    known = frozenset(names)
    if any(_is_special(name) for name in known):
        return [_parse_special(text, known) for text in tidy]
    plain = _without_brackets(tidy)
    return [_known(_split(text, SEPARATORS), known) for text in plain]


def _is_special(name: str) -> bool:
    """Return whether a name, or a part of it, could be read as something else."""
    return name in _NOBODY or any(
        character in name for character in SEPARATORS + "{}()"
    )


def _without_brackets(texts: list[str]) -> list[str]:
    """Return the texts without brackets, if all but the empty ones stand in some."""
    inside = [text[1:-1].strip() if _is_enclosed(text) else text for text in texts]
    pairs = zip(texts, inside, strict=True)
    # Where some stand in brackets and some do not, brackets belong to names.
    if all(text != inner or text in _NOBODY for text, inner in pairs):
        return inside
    return ["" if text in {"{}", "()"} else text for text in texts]


def _is_enclosed(text: str) -> bool:
    """Return whether the first bracket closes at the end of the text and not before."""
    closing = _BRACKETS.get(text[:1])
    if closing is None:
        return False
    depth = 0
    for place, character in enumerate(text):
        depth += (character == text[0]) - (character == closing)
        if depth == 0:
            return place == len(text) - 1
    return False


def _separator(texts: list[str]) -> str:
    """Return the one character that separates names, or nothing where no name has company.

    Raises:
        ChoiceError: there is more than one.
    """
    present = [mark for mark in SEPARATORS if any(mark in text for text in texts)]
    if len(present) > 1:
        listed = " and ".join(repr(mark) for mark in present)
        raise ChoiceError(
            f"coalitions hold {listed}, and it is not clear which of them separate players and "
            "which belong to names; name the players",
            field="players",
        )
    return "".join(present)


def _parse_plain(texts: list[str], separator: str) -> list[frozenset[str]]:
    coalitions = []
    for text in texts:
        names = _split(text, separator)
        if "" in names:
            raise ChoiceError(
                f"{separator!r} stands at an end of the coalition {text!r} or twice in a row, so "
                "it seems to belong to a name; name the players",
                field="players",
            )
        coalitions.append(_different(names))
    return coalitions


def _split(text: str, separators: str) -> list[str]:
    if text in _NOBODY:
        return []
    if not separators:
        return [text]
    pieces = re.split(f"[{re.escape(separators)}]", text)
    return [piece.strip() for piece in pieces]


def _known(names: list[str], known: Collection[str]) -> frozenset[str]:
    strangers = [name for name in names if name not in known]
    if strangers:
        raise ValueError(
            f"a coalition names {', '.join(strangers)}; players are {', '.join(sorted(known))}"
        )
    return _different(names)


def _different(names: list[str]) -> frozenset[str]:
    if len(set(names)) < len(names):
        raise ValueError(f"the coalition {names} names a player twice")
    return frozenset(names)


def _parse_special(text: str, known: frozenset[str]) -> frozenset[str]:
    """Return the players of a text whose names may hold separators and brackets."""
    if text in _NOBODY - known:
        return frozenset()
    readings = _readings(text, known)
    if not readings and _is_enclosed(text):
        return _parse_special(text[1:-1].strip(), known)
    if len(readings) > 1:
        raise ValueError(
            f"the coalition {text!r} can be read as {readings[0]} and as {readings[1]}; write "
            "coalitions as lists of names, in JSON"
        )
    if not readings:
        return _known(_split(text, SEPARATORS), known)
    return _different(readings[0])


def _readings(text: str, known: frozenset[str]) -> list[list[str]]:
    """Return up to two ways to read a text as known names with separators between them."""
    readings: list[list[str]] = []
    for name in sorted(known):
        if not text.startswith(name):
            continue
        rest = text[len(name) :].lstrip()
        if not rest:
            readings.append([name])
        elif rest[0] in SEPARATORS:
            others = _readings(rest[1:].lstrip(), known)
            readings += [[name, *reading] for reading in others]
    return readings[:2]
