"""The report as one page: what it holds, and what it never holds."""

import json
import re

import pytest

import shapley_coop as sc
from shapley_coop.cli.main import main
from shapley_coop.errors import ConfigError
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.html import pictures
from shapley_coop.runs.report.html.page import render
from shapley_coop.runs.store import RunFolder

pytest.importorskip("altair")
pytest.importorskip("vl_convert")


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return sc.play("escape-room", agent="rational", episodes=3, runs_dir=folder)


def page_of(*runs):
    return render([gather(RunFolder.open(run.path)) for run in runs])


def test_a_page_tells_outcome_credit_money_and_how_to_repeat_it(room):
    page = page_of(room)
    for part in ("outcome", "talk", "credit", "money", "setting"):
        assert f'<section id="{part}">' in page
    assert "3 of 3" in page
    assert page.count("<svg") >= 5
    assert f"shapley-coop play --config {room.path}/config.toml" in page


def test_every_picture_has_words_and_numbers(room):
    page = page_of(room)
    figures = re.findall(r"<figure>.*?</figure>", page, flags=re.DOTALL)
    assert figures
    for one in figures:
        assert re.search(r'role="img" aria-label="[^"]{10,}"', one)
        assert "<table" in one


def test_a_page_needs_no_network_and_runs_its_own_code_alone(room):
    page = page_of(room)
    assert not re.search(r'(src|href)="(?!#)', page)
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_texts_of_many_equal_episodes_stand_once(tmp_path):
    few = sc.play("escape-room", agent="rational", episodes=10, runs_dir=tmp_path)
    many = sc.play("escape-room", agent="rational", episodes=200, runs_dir=tmp_path)
    small, large = len(page_of(few)), len(page_of(many))
    assert small < 1_500_000
    # An episode more costs numbers and no texts.
    assert (large - small) / 190 < 1_500


def test_three_seats_show_the_lattice_and_the_core(tmp_path):
    run = sc.play(
        "task-market", agent="rational", runs_dir=tmp_path, settings={"game.seats": 3}
    )
    page = page_of(run)
    assert "Divisions of v(everyone) among three seats, with the core" in page
    assert "The value of every coalition; 0 is member_0" in page


def test_several_runs_stand_side_by_side(room, tmp_path):
    other = sc.play("escape-room", agent="selfish", runs_dir=tmp_path)
    page = page_of(room, other)
    assert "2 runs side by side" in page
    assert page.count("<article>") == 2


def test_data_cannot_end_the_element_that_holds_it(room):
    page = page_of(room)
    block = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert json.loads(block.group(1))["episodes"][0]["index"] == 0
    assert "<" not in block.group(1)


def test_the_command_writes_the_page(room, tmp_path, capsys):
    path = tmp_path / "report.html"
    main(["report", str(room.path), "--html", str(path)])
    assert str(path) in capsys.readouterr().out
    assert path.read_text().startswith("<!doctype html>")


def test_several_runs_without_a_page_are_refused(room, capsys):
    with pytest.raises(SystemExit) as ending:
        main(["report", str(room.path), str(room.path)])
    assert ending.value.code == 2
    assert "--html" in capsys.readouterr().err


def test_without_the_packages_that_draw_the_page_says_what_to_install(
    room, monkeypatch
):
    monkeypatch.setattr(pictures, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"shapley-coop\[view\]"):
        page_of(room)
