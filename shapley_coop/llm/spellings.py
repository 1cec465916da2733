"""Secrets found in a text however they are spelled there: escaped, encoded, quoted or split.

A text is brought to one plain spelling, in which white space, quotation marks and escapes are gone,
and a secret to the same. Places in the plain spelling lead back to places in the text.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

_DROPPED = "\\\"'`+ \t\r\n\v\f\x00\u00a0\u00ad\u200b\u200c\u200d\u2060\ufeff"
"""Characters that can stand in a spelling without being a part of what is spelled."""
_DROP = str.maketrans("", "", _DROPPED)
_BREAKS = ("\\n", "\\r", "\\t")
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
        normal = normal_text(text)
        forms = [form for form in self._forms if form in normal]
        if not forms:
            return text
        spans = sorted(_spans(_plain(text), forms))
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
        return _plain(text).text
    # Nearly every text goes this way, which is many times as fast.
    for line_break in _BREAKS:
        text = text.replace(line_break, "")
    return text.translate(_DROP)


def _plain(text: str) -> Plain:
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, stop, meant in _units(text):
        for character in meant:
            characters.append(character)
            starts.append(start)
            ends.append(stop)
    return Plain("".join(characters), starts, ends)


def _units(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield what each place of a text stands for, places that stand for nothing left out."""
    place = 0
    while place < len(text):
        escape = _ESCAPE.match(text, place)
        if escape:
            yield place, escape.end(), _meaning(escape).translate(_DROP)
            place = escape.end()
        elif text.startswith(_BREAKS, place):
            place += 2
        else:
            character = text[place]
            if character not in _DROPPED:
                yield place, place + 1, character
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
