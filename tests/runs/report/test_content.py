"""Both reports from the folder alone, of runs that are played, hostile, crowded, cut and empty."""

import json
from collections.abc import Callable
from html import unescape
from io import BytesIO, StringIO, TextIOWrapper

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.cells import cell_len
from rich.console import Console

from shapley_coop.errors import RunFolderError
from shapley_coop.records import Contract, Credit, Episode, Offer, Step, Terms
from shapley_coop.records.words import clean
from shapley_coop.runs.report import markdown, terminal
from shapley_coop.runs.report.content import Content, gather
from shapley_coop.runs.store import RunFolder
from tests.fixtures.clocks import effort_below
from tests.runs.report.made import PAIR, crowd_episode, pair_episode


def shown(facts: Content, width: int = 80, encoding: str = "utf-8") -> str:
    stream = TextIOWrapper(BytesIO(), encoding=encoding)
    terminal.show(facts, Console(file=stream, width=width, color_system=None))
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def tokens(text: str) -> set[str]:
    flat = MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(text)
    return {child.type for token in flat for child in [token, *(token.children or [])]}


def test_the_report_says_what_happened(pair: RunFolder) -> None:
    text = " ".join(shown(gather(pair)).split())
    for said in (
        "no.such.package:EscapeRoom · shapley-coop",
        "player_0: llm, smollm2 player_1: breaker",
        "4 of 4, seed 0",
        "4 of 4, 100 % (95 %: 39.8 % to 100 %)",
        "player_0 -1.00 +5.50 4.50",
        "player_1 10.00 -5.50 4.50",
        "worth oracle, absent seats removed; method exact, 4 values an episode; v(nobody) = 0.00, "
        "v(everyone) = 9.00",
        "player_0 6.00 - 4.50 - +1.50",
        "player_0 4.50 4.50 -1.00 yes",
        "player_1 4.00 - 4.50 - -0.50",
        "each of player_0 and player_1 believes",
        "so the engine computes: player_0 4.50, player_1 4.50",
        "1 player_0 offers “I hold the lever.” player_1 pays player_0 5.50 if player_0 does lever "
        "at step 0",
        "1 player_1 counters “Two is enough.”",
        "2 player_1 accepts “Done.” 2 signed by player_0 and player_1",
        "step 0: player_0 lever (-1.00); player_1 door (+10.00)",
        "player_1 → player_0 5.50 (clause) the ledger sums to 0",
        "v(everyone) 9.00",
        "2 of 24 decisions (player_1 2)",
        "28 model calls, 4,936 tokens",
        str(pair.path),
    ):
        assert said in text


def test_markdown_says_the_same(pair: RunFolder) -> None:
    path = markdown.write(gather(pair))
    assert path == pair.path / "report.md"
    text = unescape(path.read_text(encoding="utf-8")).replace("\\", "")
    for said in (
        "# no.such.package:EscapeRoom · shapley-coop",
        "| player_0 | 6.00 | 4.50 | - | 4.50 | - | 4.50 |",
        "worth oracle, absent seats removed",
        "v(nobody) = 0.00, v(everyone) = 9.00",
        "- **player_0** offers: “I hold the lever.”",
        "  - player_1 pays player_0 5.50 if player_0 does lever at step 0",
        "- the ledger sums to 0",
    ):
        assert said in text


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("run", ["pair", "hostile", "crowd"])
def test_it_fits(run: str, width: int, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(run)
    for line in shown(gather(folder), width).splitlines():
        assert cell_len(line.rstrip()) <= width or str(folder.path) in line
    assert str(folder.path) in shown(gather(folder), width)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_credit_table_names_its_seats_and_shows_whole_figures(
    pair: RunFolder, width: int
) -> None:
    text = shown(gather(pair), width)
    credit = text[text.index("Credit") : text.index("Episode 0")]
    tables = [part for part in credit.split("seat ")[1:] if "player_0" in part]
    rows = [line.split() for part in tables for line in part.splitlines()]
    named = [row for row in rows if row and row[0] in ("player_0", "player_1")]
    # The bars below the tables name a column beside the seat.
    figures = [row[1:] for row in named if "claimed" not in row]
    whole = [" ".join(row) for row in figures if row]
    assert len(whole) == 2 * len(tables)
    first, second = " ".join(whole[0::2]), " ".join(whole[1::2])
    # What seats contribute stands apart from what they get, unless there is room for both.
    if width == 120:
        assert len(tables) == 1
        assert first == "6.00 4.50 - 4.50 - 4.50 -1.00 yes +1.50"
        assert second == "4.00 4.50 - 4.50 - 4.50 -1.00 yes -0.50"
    else:
        assert len(tables) >= {40: 4, 60: 2, 80: 2}[width]
        assert first == "6.00 - 4.50 - +1.50 4.50 4.50 -1.00 yes"
        assert second == "4.00 - 4.50 - -0.50 4.50 4.50 -1.00 yes"


@pytest.mark.parametrize("width", [80, 120])
def test_headings_and_words_under_the_table_are_whole(
    pair: RunFolder, width: int
) -> None:
    text = shown(gather(pair), width)
    for word in ("over-claim", "potential", "deviation", "measured", "outside"):
        assert word in text
    meaning = " ".join(text.split())
    # The made run's kind is the default, whose sentence says whose rewards count.
    assert "v(S) is what the members earn themselves." in meaning
    rules = [line for line in text.splitlines() if line.startswith("Outcome ─")]
    assert [len(line.rstrip()) for line in rules] == [width]


def test_hostile_text_stays_text(hostile: RunFolder) -> None:
    facts = gather(hostile)
    text = shown(facts)
    assert "[bold red]ruled[/] red link # heading" in text
    for mark in ("\x1b", "\u202e", "\u200b", "\r"):
        assert mark not in text
        assert mark not in markdown.render(facts)
    assert tokens(markdown.render(facts)).isdisjoint(
        {
            "link_open",
            "image",
            "html_inline",
            "html_block",
            "code_inline",
            "em_open",
            "fence",
        }
    )
    colour = Console(
        file=StringIO(), width=80, force_terminal=True, color_system="standard"
    )
    terminal.show(facts, colour)
    assert "evil.example\x07" not in colour.file.getvalue()  # type: ignore[attr-defined] - StringIO
    assert "did not pay" in text


@given(st.text(max_size=80))
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    line = clean(text)
    parsed = (
        MarkdownIt("commonmark").enable("table").parse(f"- {markdown.escape(line)}")
    )
    inline = [child for token in parsed for child in token.children or []]
    assert {child.type for child in inline} <= {"text", "text_special"}
    assert "".join(child.content for child in inline) == line
    assert {t.type for t in parsed} <= {
        "bullet_list_open", "list_item_open", "paragraph_open", "inline", "paragraph_close",
        "list_item_close", "bullet_list_close",
    }  # fmt: skip


def test_no_colour_no_escapes(pair: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = StringIO()
    terminal.show(gather(pair), Console(file=stream, width=80))
    assert "\x1b" not in stream.getvalue()


def test_a_stream_without_unicode(pair: RunFolder) -> None:
    text = shown(gather(pair), encoding="ascii")
    assert text.isascii()
    assert "player_1 -> player_0" in text
    assert '"Done."' in text
    assert "?" not in text


def test_a_thousand_seats_stay_readable(crowd: RunFolder) -> None:
    facts = gather(crowd)
    text = " ".join(shown(facts).split())
    assert len(shown(facts).splitlines()) < 70
    assert len(markdown.render(facts).splitlines()) < 80
    for said in (
        "700 seats: door 10.00 0.00 10.00",
        "300 seats: lever -1.00 +8.00 7.00",
        "player_999",
        "300 clauses, in each one of player_300, player_301 … player_599 (300 seats) pays one of",
        "300 transfers of 8.00 (clause)",
        "player_300, player_301 … player_999 (700 seats) door (+10.00 each)",
        "worth replay",
        "6.70 ±0.10",
    ):
        assert said in text


def test_another_episode_can_be_chosen(pair: RunFolder) -> None:
    assert "Episode 2, seed 42" in shown(gather(pair, 2))
    with pytest.raises(RunFolderError, match="no episode 9; recorded: 0 to 3"):
        gather(pair, 9)


def test_a_run_with_nothing_in_it(build: Callable[..., RunFolder]) -> None:
    facts = gather(build([], finish=False))
    for text in (shown(facts), markdown.render(facts)):
        assert "unfinished" in text
        assert "no episode was played to its end" in text
    with pytest.raises(RunFolderError, match="recorded: none yet"):
        gather(facts.run, 0)


def test_failures_are_named(build: Callable[..., RunFolder]) -> None:
    failed = Episode(
        index=0, seed=0, seats=PAIR, status="failed", error="the \x1b[1mgame broke"
    )
    facts = gather(build([failed, pair_episode(1)]))
    text = " ".join(shown(facts).split())
    assert "failed: episode 0 (the game broke)" in text
    assert "Episode 1, seed 41" in text
    alone = " ".join(shown(gather(facts.run, 0)).split())
    assert "failed: the game broke" in alone
    assert "nothing was signed" in alone
    assert "nothing was signed" in markdown.render(gather(facts.run, 0))


def test_only_a_very_long_talk_is_cut_and_odd_events_are_skipped(
    build: Callable[..., RunFolder],
) -> None:
    run = build([Episode(index=0, seed=0, seats=PAIR)])

    def line(seq: int, kind: str, data: object) -> str:
        event = {
            "seq": seq,
            "episode": 0,
            "phase": "task",
            "round": 1,
            "seat": "s",
            "kind": kind,
        }
        return json.dumps({**event, "data": data}) + "\n"

    odd = [
        line(0, "say", {"move": {"kind": "sing"}}),
        line(1, "say", {"move": "x"}),
        line(2, "say", {"beliefs": {"values": 3}}),
        line(3, "offer", {"move": {"kind": "propose", "terms": {"clauses": 4}}}),
        line(4, "future", {}),
        line(5, "error", {"reason": "it broke"}),
    ]
    many = [
        line(9 + i, "say", {"move": {"kind": "wait", "say": f"word {i}"}})
        for i in range(490)
    ]
    (run.path / "events.jsonl").write_text("".join(odd + many))
    text = shown(gather(run))
    assert "terms that this version cannot read" in text
    assert "error: it broke" in text
    assert "word 0" in text
    assert "word 489" in text
    assert "lines left out; events.jsonl has them" in text
    assert "word 360" not in text


def test_many_steps_many_groups_an_arbitrated_division_and_losses(
    build: Callable[..., RunFolder],
) -> None:
    seats = tuple(f"s_{i}" for i in range(14))
    step = Step(
        actions={s: f"a{i}" for i, s in enumerate(seats)},
        rewards=dict.fromkeys(seats, -1),
    )
    terms = Terms(shares=dict.fromkeys(seats, 1 / 14))
    offer = Offer(id=1, author="s_0", round=1, terms=terms)
    credit = Credit(
        values={},
        stderr={},
        method="permutations",
        worth="rollout",
        absence="baseline",
        empty=-1,
        grand=-14,
        evaluations=50,
        calls=12,
        coalitions={str(i): float(i) for i in range(40)},
    )
    episode = Episode(
        index=0,
        seed=0,
        seats=seats,
        steps=(step,) * 20,
        raw=dict.fromkeys(seats, -20.0),
        payoffs=dict.fromkeys(seats, -20.0),
        division=Contract(offer=offer, signatures=seats),
        arbitrated=True,
        ledger_residual=3,
        split_rounds=2,
        credit=credit,
    )
    text = " ".join(shown(gather(build([episode], seats_=14))).split())
    for said in (
        "step 0 s_0 a0 (-1.00) s_1 a1 (-1.00)",
        "step 19 s_0 a0 (-1.00)",
        "s_13 a13 (-1.00)",
        "seats: other",
        "division of the pot, agreed after play: 7.14 % to each of s_0, s_1 … s_13 (14 seats)",
        "the arbiter divided the pot by credit as played",
        "is off by 3 micro-units",
        "absent seats played by selfish; method permutations, 50 values an episode, 12 model calls",
        "v(nobody) = -1.00",
        "seats_ = 14",
        "2.00 after",
    ):
        assert said in text
    assert "40 values; episodes.jsonl has them" in text


def test_a_report_of_a_large_run_is_quick(build: Callable[..., RunFolder]) -> None:
    run = build([crowd_episode(1000)])
    with effort_below(2):
        shown(gather(run))


@pytest.mark.parametrize("width", [60, 80])
def test_a_value_stands_beside_what_it_is_the_value_of(
    pair: RunFolder, width: int
) -> None:
    for line in shown(gather(pair), width).splitlines():
        assert not line.rstrip().endswith("=")
        assert not line.strip().startswith("=")
