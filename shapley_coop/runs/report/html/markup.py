"""Building HTML: every text is escaped where it enters, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from shapley_coop.records.words import clean

MOST_TEXT = 20_000
"""Characters of one text that a page shows."""


def text(value: object, most: int = MOST_TEXT) -> str:
    """Return anything as text between tags or quotation marks: no markup, no control characters."""
    return escape(clean(str(value), most), quote=True)


def element(tag: str, inner: str, **attributes: str) -> str:
    """Return an element around HTML that is safe already.

    Args:
        tag: its name.
        inner: HTML.
        attributes: by name, with a trailing underscore where Python keeps the name for itself and
            underscores for hyphens.
    """
    written = ""
    for name, value in attributes.items():
        label = name.rstrip("_").replace("_", "-")
        written += f' {label}="{text(value)}"'
    return f"<{tag}{written}>{inner}</{tag}>"


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    css_class: str = "numbers",
) -> str:
    """Return a table of texts. The first cell of each row names it."""
    titles = "".join(f'<th scope="col">{text(title)}</th>' for title in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(f"<td>{text(cell)}</td>" for cell in rest)
        lines.append(f'<tr><th scope="row">{text(first)}</th>{cells}</tr>')
    body = "".join(lines)
    # A wide table scrolls by itself, also by the keyboard, and the page does not.
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{text(caption)}">'
        f'<table class="{css_class}"><caption>{text(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def figure(title: str, svg: str, numbers: str) -> str:
    """Return a picture with its title and its numbers as a table that opens on demand.

    Args:
        title: what the picture shows, which is its text alternative.
        svg: the picture.
        numbers: the table, as HTML.
    """
    return (
        f'<figure><div class="picture scroll" tabindex="0" role="img" '
        f'aria-label="{text(title)}">{svg}</div>'
        f"<figcaption>{text(title)}</figcaption>"
        f'<details><summary>Numbers<span class="unseen"> of: {text(title)}</span></summary>'
        f"{numbers}</details></figure>"
    )


def data_block(name: str, value: Any) -> str:
    """Return data for the page's script, which cannot end the element that holds it."""
    written = json.dumps(
        value, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    # `</script>` and `<!--` mean something within a script element, and U+2028 within JavaScript.
    for letter in "<>&\u2028\u2029":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return f'<script type="application/json" id="{text(name)}">{written}</script>'
