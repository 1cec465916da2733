"""Secrets found in a text however they are spelled there: escaped, encoded, quoted or split.

A text is brought to one plain spelling, in which quotation marks, escapes and all that is not seen
are gone, and a secret to the same. Places in the plain spelling lead back to places in the text.
Whatever `clean` takes away before people read a text is gone in it too.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from shapley_coop.records.words import TERMINAL_SEQUENCE, is_seen

_QUOTES = "\\\"'`+"
"""Seen characters that can stand in a spelling without being a part of what is spelled."""


class _Dropping(dict[int, int | None]):
    """What `str.translate` makes of each character: None of one that is no part of a spelling."""

    def __missing__(self, code: int) -> int | None:
        character = chr(code)
        kept = is_seen(character) and character not in _QUOTES
        self[code] = code if kept else None
        return self[code]


_DROP = _Dropping()
_CONTROLS = ("\x1b", "\x9b")
"""One of these begins every sequence that a terminal does not show."""
_BREAKS = ("\\n", "\\r", "\\t", "\\b", "\\f")
_ESCAPE = re.compile(
    r"\\+u\{(?P<braced>[0-9a-fA-F]{1,6})\}"
    r"|\\+(?:u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8}))"
    r"|\\+(?:x(?P<two>[0-9a-fA-F]{2})|(?P<octal>[0-3][0-7]{2}))"
    r"|(?P<percent>(?:%(?:25)*[0-9a-fA-F]{2})+)"
    r"|(?P<entity>&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|quot|apos|lt|gt);)"
)
_SIGNS = ("%", "&", "\\u", "\\U", "\\x", "\\0", "\\1", "\\2", "\\3")
"""One of these stands in every escape. Looking for them is far quicker than the expression."""
_SHORTEST = 8
"""Encoded parts shorter than this could be words."""


class Plain(NamedTuple):
    """A text in its plain spelling, with the place in the text of each of its characters."""

    text: str
    starts: list[int]
    ends: list[int]


class Spellings:
    """Secrets, to be found in any spelling.

    Args:
        secrets: the secrets as they are.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        forms = {form: None for secret in secrets for form in _forms(secret)}
        self._forms = [form for form in forms if len(form) >= _SHORTEST]

    def replace(self, text: str, mask: str) -> str:
        """Return a text with a mask in place of every secret."""
        if not self._forms:
            return text
        # Nearly no text holds a secret, and only those are looked at place by place.
        plains = [normal_text(text)]
        if _may_hide(text):
            plains = [plain.text for plain in _plains(text)]
        forms = [form for form in self._forms if any(form in p for p in plains)]
        if not forms:
            return text
        found: set[tuple[int, int]] = set()
        for plain in _plains(text):
            found.update(_spans(plain, forms))
        spans = sorted(found)
        parts = []
        end = 0
        for start, stop in spans:
            # Spellings of two secrets can overlap, and then share a mask.
            if start >= end:
                parts += [text[end:start], mask]
            end = max(end, stop)
        return "".join([*parts, text[end:]])


def normal_text(text: str) -> str:
    """Return a text in its plain spelling."""
    if any(sign in text for sign in _SIGNS) and _ESCAPE.search(text):
        return _plains(text)[0].text
    # Nearly every text goes this way, which is many times as fast.
    for line_break in _BREAKS:
        text = text.replace(line_break, "")
    return text.translate(_DROP)


def _may_hide(text: str) -> bool:
    """Return whether a text may hold a sequence that a terminal does not show, raw or escaped."""
    raw = any(control in text for control in _CONTROLS)
    return raw or any(sign in text for sign in _SIGNS)


def _plains(text: str) -> list[Plain]:
    """Return a text in its plain spelling, and in that of what a terminal shows of it."""
    units = list(_units(text))
    whole = "".join(meant for _, _, meant in units)
    starts: list[int] = []
    ends: list[int] = []
    for start, stop, meant in units:
        starts += [start] * len(meant)
        ends += [stop] * len(meant)
    plains = [_kept(whole, starts, ends, frozenset())]
    if any(control in whole for control in _CONTROLS):
        unseen: set[int] = set()
        for sequence in TERMINAL_SEQUENCE.finditer(whole):
            unseen.update(range(*sequence.span()))
        plains.append(_kept(whole, starts, ends, unseen))
    return plains


def _kept(
    whole: str, starts: Sequence[int], ends: Sequence[int], unseen: Collection[int]
) -> Plain:
    """Return what is left of a text without escapes, some places of which are not shown."""
    places = []
    for place, character in enumerate(whole):
        if place not in unseen and _DROP[ord(character)] is not None:
            places.append(place)
    return Plain(
        "".join(whole[place] for place in places),
        [starts[place] for place in places],
        [ends[place] for place in places],
    )


def _units(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what each place of a text stands for, line breaks of JSON left out."""
    place = 0
    while place < len(text):
        escape = _ESCAPE.match(text, place)
        if escape:
            yield place, escape.end(), _meaning(escape)
            place = escape.end()
        elif text.startswith(_BREAKS, place):
            place += 2
        else:
            yield place, place + 1, text[place]
            place += 1


def _meaning(escape: re.Match[str]) -> str:
    """Return the characters that an escape stands for."""
    if escape["percent"]:
        plain = re.sub(r"%(?:25)+", "%", escape["percent"])
        return unquote_to_bytes(plain).decode(errors="replace")
    if escape["entity"]:
        return html.unescape(escape["entity"])
    if escape["octal"]:
        return chr(int(escape["octal"], 8))
    digits = escape["braced"] or escape["four"] or escape["eight"] or escape["two"]
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else ""


def _spans(plain: Plain, forms: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield from where to where the text spells one of some forms."""
    for form in forms:
        place = plain.text.find(form)
        while place >= 0:
            last = place + len(form) - 1
            yield plain.starts[place], plain.ends[last]
            place = plain.text.find(form, last + 1)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret, and what it looks like in encodings that hide it, in plain spelling."""
    yield normal_text(secret)
    # Characters beyond 16 bits are two escapes in JSON.
    units = secret.encode("utf-16-le", "surrogatepass")
    halves = [
        chr(int.from_bytes(units[i : i + 2], "little")) for i in range(0, len(units), 2)
    ]
    yield normal_text("".join(halves))
    data = secret.encode(errors="replace")
    # What reads bytes as Latin-1 shows letters outside ASCII so.
    yield normal_text(data.decode("latin-1"))
    yield data.hex()
    yield data.hex().upper()
    # Base64 depends on how many bytes stand before, by threes.
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data).decode().rstrip("=")
        # Letters at both ends depend on the neighbours too.
        first = -(-offset * 8 // 6)
        last = (offset + len(data)) * 8 // 6
        core = whole[first:last]
        yield normal_text(core)
        yield normal_text(core.replace("+", "-").replace("/", "_"))
