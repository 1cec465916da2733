"""The whole page: one file, no network, its own words alone as code."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import islice

from shapley_coop.records.words import clean_lines
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.comparison import Comparison, compare_runs
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.html import pictures
from shapley_coop.runs.report.html.credit_part import credit_part
from shapley_coop.runs.report.html.markup import data_block, element, table, text
from shapley_coop.runs.report.html.money_part import money_part
from shapley_coop.runs.report.html.talk import talk_data
from shapley_coop.runs.report.outcome import outcome
from shapley_coop.runs.store.folder import config_text

MOST_EPISODES = 20_000
"""Episodes whose holdings and credit the pictures show."""


def render(
    contents: Sequence[Content],
    *,
    above: str = "",
    links: Sequence[tuple[str, str]] = (),
    forks: str = "",
) -> str:
    """Return the page of one run, or of several side by side.

    Args:
        contents: what the reports of the runs show.
        above: HTML that stands before everything else.
        links: further links of the page, by label.
        forks: the address of a fork, up to the step, where there is one.

    Raises:
        ConfigError: the packages that draw are not installed.
    """
    pictures.require_available()
    more = "".join(
        f'<a href="{text(path)}">{text(label)}</a> ' for label, path in links
    )
    if more:
        above += element("p", more)
    if len(contents) == 1:
        title = sentences.title(contents[0])
        body = _run_parts(contents[0])
        data = data_block("data", talk_data(contents[0].run) | {"forks": forks})
    else:
        title = f"{len(contents)} runs side by side"
        body = _comparison(compare_runs(contents)) + "".join(
            element("article", f"<h2>{text(sentences.title(one))}</h2>" + _figures(one))
            for one in contents
        )
        data = data_block("data", {"texts": [], "episodes": []})
    return frame_page(title, above + body, script=_asset("report.js"), data=data)


def frame_page(
    title: str, body: str, *, script: str = "", data: str = "", connects: bool = False
) -> str:
    """Return a whole page around HTML, whose policy lets its own script and style alone run.

    Args:
        title: what it is called.
        body: HTML.
        script: its code.
        data: a block of data for the script.
        connects: whether the script asks the server that the page came from.
    """
    # Hashes let exactly these texts run, so that no text of an agent ever can.
    style = _asset("report.css")
    policy = (
        f"default-src 'none'; base-uri 'none'; form-action 'self'; img-src data:; "
        f"style-src {_digest(style)}"
    )
    if script:
        policy += f"; script-src {_digest(script)}"
    if connects:
        policy += "; connect-src 'self'"
    code = f"{data}<script>{script}</script>" if script else ""
    return (
        "<!doctype html>\n"
        '<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{text(title, 200)}</title><style>{style}</style></head><body>"
        '<a class="skip" href="#main">Skip to the report</a>'
        f'<header><h1>{text(title, 200)}</h1></header><main id="main" tabindex="-1">{body}</main>'
        f"{code}</body></html>\n"
    )


def _asset(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(code: str) -> str:
    """Return the hash by which a content security policy lets exactly this text run."""
    digest = hashlib.sha256(code.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _run_parts(content: Content) -> str:
    return "".join(
        (
            _navigation(content),
            _outcome(content),
            _talk(content),
            _figures(content),
            _setting(content),
        )
    )


def _figures(content: Content) -> str:
    episodes = list(islice(content.run.episodes(), MOST_EPISODES))
    return credit_part(content, episodes) + money_part(content, episodes)


def _navigation(content: Content) -> str:
    links = [("outcome", "Outcome"), ("talk", "Episodes")]
    if content.rows:
        links.append(("credit", "Credit"))
    links += [("money", "Money"), ("setting", "Setting")]
    items = "".join(f'<li><a href="#{name}">{label}</a></li>' for name, label in links)
    return f'<nav aria-label="Parts of the report"><ul>{items}</ul></nav>'


def _outcome(content: Content) -> str:
    """Return how the run came out, in sentences."""
    rows = [[entry.label, entry.text] for entry in outcome(content)]
    rows += [[entry.label, entry.text] for entry in sentences.faults(content)]
    inner = "<h2>Outcome</h2>" + table(
        "How the run came out", ("figure", "value"), rows
    )
    return element("section", inner, id="outcome")


def _talk(content: Content) -> str:
    """Return the frame in which the page's script tells episodes, and one told without it."""
    told = "".join(_told_episode(content))
    controls = (
        '<div class="controls" id="controls" hidden>'
        '<label>Episode <select id="episode"></select></label> '
        '<label>Search <input id="search" type="search" autocomplete="off"></label> '
        '<button type="button" id="back" aria-keyshortcuts="k">← back</button> '
        '<button type="button" id="forth" aria-keyshortcuts="j">forth →</button> '
        '<output id="place"></output>'
        '<ol id="phases" aria-label="Phases, by shift and j or k"></ol></div>'
    )
    frames = (
        '<pre id="frame" tabindex="0" hidden aria-label="Picture of the game"></pre>'
    )
    live = '<ol id="lines" aria-live="polite"></ol>'
    return element(
        "section",
        f'<h2>Episodes</h2>{controls}<p id="ending"></p>{frames}{live}'
        f'<div id="plain">{told}</div>',
        id="talk",
    )


def _told_episode(content: Content) -> list[str]:
    """Return the episode that is told where no script runs, in print too."""
    if content.episode is None:
        return ["<p>Nothing was recorded.</p>"]
    lines = []
    for line in content.dialogue:
        words = f"{line.seat} {line.does}"
        if line.says:
            words += f": “{line.says}”"
        lines.append(element("li", text(words)))
    parts = [
        element("h3", text(f"Episode {content.episode.index}")),
        element("ol", "".join(lines)),
    ]
    for heading, sentences_of in episode_sentences.sections(content.episode):
        items = "".join(element("li", text(words)) for words in sentences_of)
        parts.append(element("h4", text(heading)) + element("ul", items))
    return parts


def _setting(content: Content) -> str:
    """Return who sat where, the configuration, and the command that repeats the run."""
    rows = [[entry.label, entry.text] for entry in sentences.header(content)]
    settings = config_text(content.run.config)
    again = f"shapley-coop play --config {content.run.path}/config.toml"
    return element(
        "section",
        "<h2>Setting</h2>"
        + table("What was played", ("field", "value"), rows)
        + f"<p>Play it again: <code>{text(again, 400)}</code></p>"
        + "<details><summary>Every setting</summary>"
        + f'<pre tabindex="0">{_lines_of(settings)}</pre></details>',
        id="setting",
    )


def _lines_of(several: str) -> str:
    return "\n".join(escape(line[:400]) for line in clean_lines(several))


def _comparison(comparison: Comparison) -> str:
    rows = [[row.label, *row.cells] for row in comparison.rows]
    notes = "".join(element("p", text(note)) for note in comparison.notes)
    inner = "<h2>Side by side</h2>" + table(
        "Runs side by side", ("figure", *comparison.names), rows
    )
    return element("section", inner + notes, id="outcome")
