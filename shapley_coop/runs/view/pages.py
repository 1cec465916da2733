"""The pages of the server beside the report: the list of runs, a live run, a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from urllib.parse import quote

from shapley_coop.records.words import number
from shapley_coop.runs.report.html.markup import element, table, text
from shapley_coop.runs.report.html.page import frame_page
from shapley_coop.runs.statistics.comparing import RunsComparison
from shapley_coop.runs.view.catalogue import RunRow


def asset(name: str) -> str:
    """Return a file that belongs to these pages."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def list_page(rows: Sequence[RunRow], words: str, first: int, most: int) -> str:
    """Return the list of runs, with a filter and boxes to compare two."""
    lines = []
    for row in rows:
        path = f"/runs/{quote(row.run)}"
        name = f'<a href="{path}">{text(row.run)}</a>'
        if row.status == "started":
            name += f' <a href="{path}/live">follow</a>'
        played = (
            "" if row.episodes is None else f"{row.successes or 0} of {row.episodes}"
        )
        cells = (row.game, row.protocol, row.status, played, f"{row.seconds:,.1f} s")
        box = (
            f'<label><input type="checkbox" name="run" value="{text(row.run)}">'
            f'<span class="unseen">compare {text(row.run)}</span></label>'
        )
        inner = "".join(f"<td>{text(cell)}</td>" for cell in cells)
        lines.append(f'<tr><td>{box}</td><th scope="row">{name}</th>{inner}</tr>')
    heads = ("compare", "run", "game", "protocol", "status", "reached the goal", "took")
    titles = "".join(f'<th scope="col">{title}</th>' for title in heads)
    runs = (
        '<form action="/compare" method="get"><div class="scroll" tabindex="0" role="group" '
        'aria-label="Runs"><table><caption>Runs, the newest first</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
        '<p><button type="submit">Compare what is ticked</button></p></form>'
    )
    if not rows:
        runs = "<p>No run matches. Play one: <code>shapley-coop play GAME</code></p>"
    search = (
        '<form action="/" method="get" role="search"><label>Filter '
        f'<input type="search" name="q" value="{text(words)}"></label> '
        '<button type="submit">Show</button></form>'
    )
    # Ten thousand runs are a list that nobody scrolls through.
    links = []
    if first:
        links.append(_page_link("newer", words, max(first - most, 0)))
    if len(rows) == most:
        links.append(_page_link("older", words, first + most))
    body = search + runs + element("p", " ".join(links))
    return frame_page("Runs", body)


def _page_link(label: str, words: str, first: int) -> str:
    return f'<a href="/?q={quote(words)}&amp;first={first}">{label}</a>'


def live_page(run: str) -> str:
    """Return the page that follows a run while it is played."""
    body = (
        '<p id="state" role="status">waiting for the run</p>'
        '<section id="talk"><ol id="lines" aria-live="polite"></ol></section>'
        f'<p><a href="/runs/{quote(run)}">The report</a></p>'
    )
    return frame_page(f"Following {run}", body, script=asset("live.js"), connects=True)


def difference_tables(comparison: RunsComparison, names: Sequence[str]) -> str:
    """Return what differs between runs in their settings and in their outcome, as HTML."""
    settings = [[row.field, *row.values] for row in comparison.settings]
    parts = ["<p>No setting differs.</p>"]
    if settings:
        parts = [table("Settings that differ", ("setting", *names), settings)]
    for name, contrasts in zip(names[1:], comparison.differences, strict=True):
        rows = []
        for measure, contrast in contrasts.items():
            if contrast.value is None:
                continue
            interval = "-"
            if contrast.interval is not None:
                low, high = contrast.interval
                interval = f"{number(low)} to {number(high)}"
            pairs = "paired by seed" if contrast.paired else "not paired"
            rows.append(
                [
                    measure,
                    number(contrast.value, sign=True),
                    interval,
                    f"{contrast.n} {pairs}",
                ]
            )
        heads = ("measure", "difference", "95 % interval", "n")
        parts.append(table(f"What {name} has more of than {names[0]}", heads, rows))
    return "".join(parts)


def message_page(title: str, words: str) -> str:
    """Return a page that says one thing, such as an error."""
    body = element("p", text(words)) + '<p><a href="/">All runs</a></p>'
    return frame_page(title, body)
