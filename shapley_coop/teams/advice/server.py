"""The MCP server of `lint`, on standard input and output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from anyio import create_memory_object_stream, create_task_group

from shapley_coop import __version__
from shapley_coop.errors import ShapleyCoopError, unknown
from shapley_coop.records.words import clean
from shapley_coop.teams.advice.desk import LintDesk
from shapley_coop.teams.advice.judge import MOST_SENTENCE, Bounds
from shapley_coop.teams.advice.lines import InputLines, hand_on
from shapley_coop.teams.advice.request import ABOUT, TOOL, schema

if TYPE_CHECKING:
    from mcp import types
    from mcp.server.context import ServerRequestContext
    from mcp.server.lowlevel import Server

NAME = "shapley-coop"


def lint_server(desk: LintDesk) -> Server[Any]:
    """Return a server that offers `lint` as its one tool.

    Every error reaches the agent as one sentence in the tool's result.

    Args:
        desk: has deals judged.
    """
    from mcp import types
    from mcp.server.lowlevel import Server

    async def list_tools(
        _context: ServerRequestContext[Any], _page: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        # It reads nothing but its arguments, changes nothing, and answers the same every time.
        hints = types.ToolAnnotations(
            read_only_hint=True, idempotent_hint=True, open_world_hint=False
        )
        tool = types.Tool(
            name=TOOL,
            title="Does this deal hold?",
            description=ABOUT,
            input_schema=schema(),
            annotations=hints,
        )
        return types.ListToolsResult(tools=[tool])

    async def call_tool(
        _context: ServerRequestContext[Any], call: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if call.name != TOOL:
            return _refusal(unknown("tool", call.name, [TOOL]))
        try:
            verdict = await desk.ask(call.arguments or {})
        except ShapleyCoopError as error:
            return _refusal(str(error))
        text = types.TextContent(type="text", text=json.dumps(verdict))
        return types.CallToolResult(content=[text], structured_content=verdict)

    return Server(
        NAME,
        version=__version__,
        instructions="Ask lint before you sign: it says whether a deal holds.",
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _refusal(words: str) -> types.CallToolResult:
    from mcp import types

    text = types.TextContent(type="text", text=clean(words, MOST_SENTENCE))
    return types.CallToolResult(content=[text], is_error=True)


async def serve() -> None:
    """Serve until standard input is closed. What anybody prints goes to standard error."""
    from mcp.server.stdio import stdio_server
    from mcp.shared.message import SessionMessage

    lines = await InputLines.open()
    sender, receiver = create_memory_object_stream[SessionMessage | Exception]()
    async with (
        LintDesk(Bounds()) as desk,
        stdio_server(stdin=lines) as (messages, answers),
        create_task_group() as tasks,
    ):
        server = lint_server(desk)
        tasks.start_soon(hand_on, messages, answers, sender)
        await server.run(receiver, answers, server.create_initialization_options())
