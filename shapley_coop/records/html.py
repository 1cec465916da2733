"""Values as HTML for a notebook: plain tables and lists, every text escaped, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def frame(html: str) -> str:
    """Return HTML that a notebook shows as it is, without typesetting formulas in it.

    Everything that holds words of others goes through here: what an agent says between dollar
    signs would otherwise be typeset, and MathJax can make links and hide text.
    """
    # The one class stops MathJax 3, the other MathJax 2.
    return f'<div class="mathjax_ignore tex2jax_ignore">\n{html}\n</div>'


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of texts, all of them escaped.

    Args:
        head: the titles of the columns. An empty one makes a table without titles.
        rows: the cells. The first of each row names it.
    """
    lines = ["<table>"]
    if head:
        titles = _tagged("th", head)
        lines.append(f"<thead><tr>{titles}</tr></thead>")
    lines.append("<tbody>")
    for row in rows:
        heading = _tagged("th", row[:1])
        cells = _tagged("td", row[1:])
        lines.append(f"<tr>{heading}{cells}</tr>")
    lines += ["</tbody>", "</table>"]
    return "\n".join(lines)


def html_list(texts: Iterable[str]) -> str:
    """Return a list of texts, all of them escaped."""
    items = _tagged("li", texts)
    return f"<ul>{items}</ul>"


def _tagged(tag: str, texts: Iterable[str]) -> str:
    """Return every text within a tag of its own."""
    # All texts are escaped here, whoever wrote them: a seat's name may be hostile too.
    parts = [f"<{tag}>{escape(text)}</{tag}>" for text in texts]
    return "".join(parts)
