"""The server: pages and data of the runs in a folder, for one person on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from shapley_coop.errors import ConfigError, RunFolderError, ShapleyCoopError
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.html.markup import element, text
from shapley_coop.runs.report.html.page import render
from shapley_coop.runs.statistics.comparing import compare_episodes
from shapley_coop.runs.store.folder import RunFolder
from shapley_coop.runs.store.reading import first_difference
from shapley_coop.runs.view import pages
from shapley_coop.runs.view.catalogue import Catalogue
from shapley_coop.runs.view.forks import ForkOptions, ForkRow, Forks, fork_page
from shapley_coop.runs.view.live import follow

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import HTTPConnection, Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

MOST_ROWS = 200
"""Runs on one page of the list."""


def application(folder: Path, forks: Forks, hosts: Sequence[str]) -> Starlette:
    """Return the server of the runs in a folder.

    Every route only reads, forks included: they play without writing anything.

    Args:
        folder: where run folders are.
        forks: plays recorded episodes on with changes.
        hosts: the names under which the server may be asked. Any other is refused, and so is
            what a page of somebody else asks for, under whatever name.
    """
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.routing import Route

    viewer = _Viewer(Catalogue(folder), forks)
    return Starlette(
        routes=[
            Route("/", viewer.list_runs),
            Route("/api/runs", viewer.runs_as_json),
            Route("/compare", viewer.compare),
            Route("/runs/{run}", viewer.report),
            Route("/runs/{run}/live", viewer.live),
            Route("/runs/{run}/events", viewer.events),
            Route("/runs/{run}/fork", viewer.fork),
        ],
        middleware=[
            Middleware(
                TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False
            ),
            Middleware(_OwnPages),
        ],
        exception_handlers={ShapleyCoopError: _error_page},
    )


class _OwnPages:
    """Refuses what pages of somebody else ask for in the browser of who looks at runs here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.requests import HTTPConnection

        if scope["type"] == "http" and _is_foreign(HTTPConnection(scope)):
            page = pages.message_page("Refused", "Another site's page asked for this.")
            await _html(page, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _is_foreign(connection: HTTPConnection) -> bool:
    """Return whether a request comes from a page of another origin, by what browsers tell."""
    origin = connection.headers.get("origin")
    own = f"{connection.url.scheme}://{connection.headers.get('host', '')}"
    if origin is not None and origin != own:
        return True
    # A link that somebody follows is a visit. What a page loads by itself is not.
    site = connection.headers.get("sec-fetch-site", "none")
    mode = connection.headers.get("sec-fetch-mode", "navigate")
    return site not in {"none", "same-origin"} and mode != "navigate"


class _Viewer:
    """Answers the requests."""

    def __init__(self, catalogue: Catalogue, forks: Forks) -> None:
        self._catalogue = catalogue
        self._forks = forks

    def list_runs(self, request: Request) -> Response:
        words = request.query_params.get("q", "")[:200]
        first = _number(request.query_params.get("first", "0"))
        rows = self._catalogue.rows(words, first=first, most=MOST_ROWS)
        return _html(pages.list_page(rows, words, first, MOST_ROWS))

    def runs_as_json(self, request: Request) -> Response:
        from starlette.responses import JSONResponse

        words = request.query_params.get("q", "")[:200]
        rows = [row._asdict() for row in self._catalogue.rows(words)]
        return JSONResponse(rows, headers=_headers())

    def report(self, request: Request) -> Response:
        run = self._run(request.path_params["run"])
        path = f"/runs/{quote(run.path.name)}"
        links = [("all runs", "/"), ("fork", f"{path}/fork")]
        if run.manifest.status == "started":
            links.append(("follow it live", f"{path}/live"))
        return _html(render([gather(run)], links=links, forks=f"{path}/fork?at="))

    def compare(self, request: Request) -> Response:
        names = request.query_params.getlist("run")
        if len(names) < 2:
            raise ConfigError("a comparison needs two runs; tick two in the list")
        runs = [self._run(name) for name in names[:8]]
        comparison = compare_episodes(
            [run.config for run in runs], [tuple(run.episodes()) for run in runs]
        )
        above = _divergence(runs[0], runs[1]) + pages.difference_tables(
            comparison, names
        )
        return _html(render([gather(run) for run in runs], above=above))

    def live(self, request: Request) -> Response:
        run = self._run(request.path_params["run"])
        return _html(pages.live_page(run.path.name))

    def events(self, request: Request) -> Response:
        from starlette.responses import StreamingResponse

        run = self._run(request.path_params["run"])
        return StreamingResponse(
            follow(run.path), media_type="text/event-stream", headers=_headers()
        )

    def fork(self, request: Request) -> Response:
        run = self._run(request.path_params["run"])
        at = request.query_params.get("at", "e0.s0")[:40]
        # A seat that does what it did sends an empty value.
        chosen = [text for text in request.query_params.getlist("set") if text]
        options: list[ForkOptions] = []
        rows: list[ForkRow] = []
        note = ""
        # What cannot be forked is told on the page, where it can be put right.
        try:
            options = self._forks.choices(run, at)
            if chosen:
                rows = self._forks.rows(run, at, chosen)
        except ShapleyCoopError as error:
            note = str(error)
        return _html(fork_page(run.path.name, at, options, chosen, rows, note))

    def _run(self, name: str) -> RunFolder:
        path = self._catalogue.path(name)
        if path is None:
            raise RunFolderError(f"there is no run {name!r} here")
        return RunFolder.open(path)


def _divergence(first: RunFolder, second: RunFolder) -> str:
    """Return in one sentence where two runs first differ, apart from time."""
    where = first_difference(first.events_file, second.events_file)
    words = "Every event is the same apart from time."
    if where is not None:
        words = f"The first event that differs is number {where.number}."
    return element("p", text(words))


def _error_page(_request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, RunFolderError) else 400
    return _html(pages.message_page("This cannot be shown", str(error)), status)


def _html(page: str, status: int = 200) -> Response:
    from starlette.responses import HTMLResponse

    return HTMLResponse(page, status, headers=_headers())


def _headers() -> dict[str, str]:
    """Return what keeps other pages from framing, reading or caching these."""
    return {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def _number(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 10 else 0
