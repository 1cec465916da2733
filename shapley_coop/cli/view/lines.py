"""Sentences on standard output: whole for a file or a pipe, folded at words for a terminal."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable

import rich_click as click

INDENT = "  "
"""What folded parts of a line are indented by, beyond the line itself."""


def print_lines(lines: Iterable[str]) -> None:
    """Print lines. A terminal would break them within words, a program reads them whole."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for line in lines:
        click.echo(fold(line, width) if width else line)


def fold(line: str, width: int) -> str:
    """Return a line as several of at most `width` characters, the later ones indented further."""
    words = line.lstrip()
    indent = line[: len(line) - len(words)]
    return textwrap.fill(
        words,
        width,
        initial_indent=indent,
        subsequent_indent=indent + INDENT,
        break_on_hyphens=False,
    )
