"""JSON on standard output, and nothing else there, whatever plug-ins print meanwhile."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout

import click

_OUTPUT = "standard output"
"""Where the context of a command keeps the standard output that JSON goes to."""


def divert_prints(
    context: click.Context, _parameter: click.Parameter, as_json: bool
) -> bool:
    """Send what anybody prints to standard error while a command that prints JSON runs."""
    if as_json:
        context.meta[_OUTPUT] = sys.stdout
        context.with_resource(redirect_stdout(sys.stderr))
    return as_json


def print_json(value: object, default: Callable[[object], str] | None = None) -> None:
    """Print a value as JSON, keys masked, on one line of standard output.

    Args:
        value: what is printed.
        default: turns values that JSON does not know into text. None refuses them.
    """
    from shapley_coop.llm.secrets import mask_within, masker

    context = click.get_current_context()
    text = json.dumps(mask_within(value, masker()), default=default, allow_nan=False)
    click.echo(text, file=context.meta[_OUTPUT])
