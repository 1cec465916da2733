"""The command `mcp`: `lint` as a tool for agents, over the Model Context Protocol."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from importlib.util import find_spec

import rich_click as click

from shapley_coop.errors import ConfigError


@click.command()
def mcp() -> None:
    """Serve `lint` to agents as a tool (MCP), on standard input and output.

    A client such as a desktop assistant starts this command itself. Agents then ask, before they
    sign, whether a deal holds and which clauses it lacks.
    """
    if find_spec("mcp") is None:
        raise ConfigError("mcp needs mcp; run: pip install 'shapley-coop[mcp]'")
    from shapley_coop.teams.advice.server import serve

    # Whoever types this command sees nothing otherwise, and may wait for ever.
    if sys.stdin.isatty():
        click.echo("waiting for a client on standard input; Ctrl-C ends it", err=True)
    # A server has no end of its own, so being stopped is none of its failures.
    with suppress(KeyboardInterrupt):
        asyncio.run(serve())
