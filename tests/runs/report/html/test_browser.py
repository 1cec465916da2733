"""The page in a real browser: stepping, searching, deep links, switching, hostile text."""

import json

import pytest

import shapley_coop as sc
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.html.page import render
from shapley_coop.runs.store import RunFolder
from tests.runs.report.html.browser import Watched, open_browser
from tests.runs.report.html.payloads import PAYLOADS

pytest.importorskip("altair")
pytest.importorskip("vl_convert")


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


def write_page(run, path):
    path.write_text(render([gather(RunFolder.open(run))]), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    run = sc.play("trust", agent="rational", episodes=3, runs_dir=folder)
    return write_page(run.path, folder / "page.html")


def test_nothing_goes_wrong_and_nobody_is_phoned(browser, url):
    watched = Watched(browser, url)
    assert watched.page.title()
    assert watched.errors == []
    assert watched.outside == []


def test_keys_step_through_an_episode(browser, url):
    page = Watched(browser, url).page
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.locator('[aria-current="step"]').get_attribute("data-line") == "1"
    page.keyboard.press("k")
    assert page.locator('[aria-current="step"]').get_attribute("data-line") == "0"
    assert "line 1 of" in page.locator("#place").inner_text()


def test_phases_are_stepped_through_by_keys_and_buttons(browser, url):
    page = Watched(browser, url).page
    phases = page.locator("#phases button").all_inner_texts()
    assert phases[0].startswith("Before play")
    assert phases[-1] == "Settlement"
    for phase in phases:
        page.keyboard.press("Shift+J")
        line = page.locator('#lines [aria-current="step"]')
        assert line.get_attribute("data-phase") == phase
        assert page.locator("#phases [aria-current]").inner_text() == phase
    page.keyboard.press("Shift+K")
    shown = page.locator("#phases [aria-current]").inner_text()
    assert shown == phases[-2]
    page.get_by_role("button", name="Settlement").click()
    assert page.locator("#phases [aria-current]").inner_text() == "Settlement"


def test_a_link_opens_its_episode_and_step(browser, url):
    page = Watched(browser, f"{url}#e2.s0").page
    assert page.locator("#episode").input_value() == "2"
    assert page.locator('[aria-current="step"]').get_attribute("data-step") == "0"


def test_search_shows_only_lines_that_hold_the_words(browser, url):
    page = Watched(browser, url).page
    everything = page.locator("#lines [data-line]").count()
    page.locator("#search").fill("accepts")
    found = page.locator("#lines [data-line]").count()
    assert 0 < found < everything
    assert page.locator("#lines mark").count() == found


def test_another_episode_is_chosen(browser, url):
    page = Watched(browser, url).page
    page.locator("#episode").select_option("1")
    assert page.locator("#ending").inner_text().startswith("Episode 1")


def test_another_worth_is_shown_in_place_of_the_first(browser, tmp_path):
    run = sc.play(
        "task-market",
        agent="rational",
        runs_dir=tmp_path,
        settings={"game.seats": 3, "game.links": [[0, 1], [1, 2]]},
    )
    page = Watched(browser, write_page(run.path, tmp_path / "page.html")).page
    names = page.locator(".worth").evaluate_all(
        "all => all.map(one => one.dataset.worth)"
    )
    assert len(names) == 2
    for name in reversed(names):
        page.get_by_label(name, exact=True).check()
        shown = page.locator(".worth:visible")
        assert shown.count() == 1
        assert shown.get_attribute("data-worth") == name


def test_nothing_is_cut_off_in_print(browser, url):
    page = Watched(browser, url, viewport={"width": 718, "height": 1000}).page
    page.emulate_media(media="print")
    cut = page.evaluate(
        "[...document.querySelectorAll('.scroll')].filter("
        "one => one.scrollWidth > one.clientWidth + 1 && "
        "getComputedStyle(one).overflowX !== 'visible').length"
    )
    assert cut == 0
    wide = page.evaluate(
        "Math.max(...[...document.querySelectorAll('table')].map("
        "one => one.getBoundingClientRect().right))"
    )
    assert wide <= 718


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways(browser, url, width, scheme):
    watched = Watched(
        browser, url, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    wide = watched.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(browser, url, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    watched = Watched(browser, url, color_scheme=scheme)
    # The tool is put into the page by the browser, which the page's policy does not forbid.
    context = browser.new_context(bypass_csp=True, color_scheme=scheme)
    page = context.new_page()
    page.goto(url)
    results = axe.run(page)
    assert watched.errors == []
    assert results.violations_count == 0, results.generate_report()


def test_hostile_words_are_words(browser, tmp_path):
    run = sc.play("escape-room", agent="rational", runs_dir=tmp_path / "runs")
    events = run.path / "events.jsonl"
    lines = []
    for number, payload in enumerate(PAYLOADS):
        for seat in ("player_0", payload[:200]):
            event = {
                "seq": 10_000 + 2 * number,
                "time": 0.0,
                "episode": 0,
                "phase": "task",
                "round": 1,
                "seat": seat,
                "kind": "say",
                "data": {"move": {"kind": "reject", "offer": 1, "say": payload}},
            }
            lines.append(json.dumps(event))
    events.write_text("\n".join(lines) + "\n", encoding="utf-8")
    watched = Watched(browser, write_page(run.path, tmp_path / "hostile.html"))
    page = watched.page
    shown = page.locator("#lines [data-line]").count()
    assert shown >= 100
    for key in "jjjjkk":
        page.keyboard.press(key)
    page.locator("#search").fill("<script")
    assert page.locator("#lines [data-line]").count() >= 10
    assert page.evaluate("window.__hit === undefined")
    assert page.locator("#talk script, #talk img, #talk iframe, #talk svg").count() == 0
    assert watched.errors == []
    assert watched.outside == []
