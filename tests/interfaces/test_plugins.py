"""Seeds by purpose, plug-ins by name, plain words."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.config.seeds import episode_seed, generator
from shapley_coop.errors import ConfigError, PluginError, unknown
from shapley_coop.interfaces import plugins
from shapley_coop.records import Always, AtLeast, Breach, Clause, Does, Outcome, Terms
from shapley_coop.records.wording import (
    breach_text,
    clauses_text,
    shares_text,
    terms_text,
)
from shapley_coop.records.words import clean, names, number, percent
from shapley_coop.simulation.worker import open_game


def test_every_purpose_has_a_generator_of_its_own():
    purposes = [
        (0, "a", "act"),
        (0, "b", "act"),
        (1, "a", "act"),
        (0, "a", "agent"),
        (),
    ]
    draws = [generator(7, *purpose).integers(2**60) for purpose in purposes]
    assert len(set(draws)) == len(purposes)
    assert draws == [generator(7, *purpose).integers(2**60) for purpose in purposes]
    assert generator(8, *purposes[0]).integers(2**60) != draws[0]


def test_episodes_of_one_and_of_neighbouring_runs_have_different_seeds():
    seeds = {
        episode_seed(run, index)
        for run, index in itertools.product(range(20), range(50))
    }
    assert len(seeds) == 1000
    assert episode_seed(3, 4) == episode_seed(3, 4)


def test_a_registered_name_and_a_path_load_the_same():
    by_name = plugins.load("games", "escape-room")
    assert plugins.load("games", "games.escape_room.paper:EscapeRoom") is by_name


@pytest.mark.parametrize(
    ("group", "name", "told"),
    [
        (
            "games",
            "escape-rooom",
            ["unknown game", "did you mean 'escape-room'", "module:attr"],
        ),
        ("agents", "rationale", ["unknown agent", "'rational'"]),
        ("games", "no_such_module:Game", ["no_such_module", "failed to load"]),
        (
            "games",
            "games.escape_room.paper:Nothing",
            ["'games.escape_room.paper:Nothing'", "Nothing"],
        ),
        ("credit", "anything", ["unknown credit", "gigpo"]),
    ],
)
def test_a_plugin_that_does_not_load_is_told(group, name, told):
    with pytest.raises(PluginError) as caught:
        plugins.load(group, name)
    for part in told:
        assert part in str(caught.value)


def test_a_plugin_whose_module_fails_is_told_with_its_error(tmp_path, monkeypatch):
    (tmp_path / "broken_game.py").write_text("raise RuntimeError('out of cheese')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match="RuntimeError: out of cheese"):
        plugins.load("games", "broken_game:Game")


def rows_beside(monkeypatch, **targets):
    """Return the games as they are listed where packages register more of them."""
    own = dict(plugins._targets("games"))
    added = {name: tuple(places.split()) for name, places in targets.items()}
    monkeypatch.setattr(plugins, "_targets", lambda _group: own | added)
    return {entry.name: entry for entry in plugins.describe("games")}


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ("no_such_module:Game", "no_such_module"),
        ("string:digits", "is no class and no function but of type 'str'"),
        ("builtins:dict", "does not tell its parameters"),
        (
            "a.game:A b.game:B",
            "registered more than once, at 'a.game:A' and 'b.game:B'",
        ),
    ],
)
def test_a_broken_plugin_is_listed_and_does_not_hide_the_others(
    monkeypatch, places, told
):
    rows = rows_beside(monkeypatch, broken=places)
    assert rows["broken"].about.startswith("cannot be loaded: ")
    assert told in rows["broken"].about
    assert rows["escape-room-n"].parameters["seats"] == 5
    with pytest.raises(PluginError, match=r"broken|dict"):
        open_game("broken", {})


def needy_game(size, *, render_mode=None):
    """Stand for a game that is nothing without a size."""
    raise AssertionError(size)


def test_a_parameter_without_a_default_is_asked_for():
    with pytest.raises(
        ConfigError, match="no default for its parameter 'size'"
    ) as told:
        open_game(f"{__name__}:needy_game", {})
    assert told.value.field == "game.size"


@pytest.mark.parametrize(
    "group", ["games", "families", "agents", "models", "worths", "credit"]
)
def test_what_cannot_be_called_is_refused_by_name(group):
    with pytest.raises(PluginError, match=r"'string:digits'.*no class and no function"):
        plugins.load(group, "string:digits")


def test_a_plugin_that_ends_the_program_is_told(tmp_path, monkeypatch):
    (tmp_path / "quitter.py").write_text("import sys\nsys.exit(7)\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match=r"'quitter:Game'.*SystemExit: 7"):
        plugins.load("games", "quitter:Game")


def install(folder, name, entry_points):
    """Put a package into a folder that registers entry points."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\n")
    (about / "entry_points.txt").write_text(entry_points)


def test_two_packages_with_one_name_clash_and_one_found_twice_does_not(
    tmp_path, monkeypatch
):
    both = "[shapley_coop.games]\ntwins = {0}:Game\nescape-room = {0}:Game\n"
    install(tmp_path / "one", "one", "[shapley_coop.games]\nown = one:Game\n")
    install(tmp_path / "again", "one", "[shapley_coop.games]\nown = one:Game\n")
    install(tmp_path / "two", "two", both.format("two"))
    install(tmp_path / "three", "three", both.format("three"))
    for folder in ("one", "again", "two", "three"):
        monkeypatch.syspath_prepend(tmp_path / folder)
    plugins._targets.cache_clear()
    try:
        found = plugins._targets("games")
        assert found["own"] == ("one:Game",)
        assert sorted(found["twins"]) == ["three:Game", "two:Game"]
        # A package cannot take the place of a game that ships, either.
        assert "games.escape_room.paper:EscapeRoom" in found["escape-room"]
        with pytest.raises(PluginError, match="module:attribute"):
            plugins.load("games", "escape-room")
        assert plugins.load("games", "games.escape_room.paper:EscapeRoom")
    finally:
        plugins._targets.cache_clear()


def test_an_unknown_name_is_told_with_what_exists():
    assert unknown("game", "x", []) == "unknown game 'x'; known: none"
    assert "do this" in unknown("game", "x", ["y"], "do this")


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(), st.integers(1, 50))
def test_clean_text_is_one_short_visible_line(text, limit):
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert "\x1b" not in cleaned
    assert "\n" not in cleaned
    assert cleaned.isprintable() or not cleaned
    assert clean(cleaned, limit) == cleaned


@pytest.mark.parametrize(
    ("hostile", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07click\x1b]8;;\x07", "click"),
        ("a\u202eb\u200bc\ufeff", "abc"),
        ("two\nlines\tand\rmore", "two lines and more"),
        ("\x9b2Jgone", "gone"),
        ("bell\x07", "bell"),
        ("{{ 7 * 7 }} [bold]x[/]", "{{ 7 * 7 }} [bold]x[/]"),
    ],
)
def test_clean_takes_escapes_away_and_leaves_words(hostile, left):
    assert clean(hostile) == left


def test_numbers_and_names_in_words():
    assert [number(v) for v in (None, 0.0, -0.0, 1234.5, 0.004, 0.00001)] == [
        "-",
        "0.00",
        "0.00",
        "1,234.50",
        "0.0040",
        "0.00",
    ]
    assert number(2, sign=True) == "+2.00"
    assert percent(None) == "-"
    assert percent(0.555) == "55.5 %"
    assert names([]) == ""
    assert names(["a", "b", "c"]) == "a, b and c"
    assert names([f"p{i}" for i in range(9)]) == "p0, p1 … p8 (9 seats)"


def test_terms_in_words():
    conditions = {
        "a pays b 1.00": Always(),
        "a pays b 1.00 if b does go at step 2": Does(seat="b", action="go", step=2),
        "a pays b 1.00 unless b does go at step 0": Does(
            seat="b", action="go", unless=True
        ),
        "a pays b 1.00 if b does go at least once": AtLeast(
            seat="b", action="go", times=1
        ),
        "a pays b 1.00 if b does go at least 3 times": AtLeast(
            seat="b", action="go", times=3
        ),
        "a pays b 1.00 unless the game ends with win": Outcome(
            outcome="win", unless=True
        ),
    }
    for words, condition in conditions.items():
        clause = Clause(payer="a", payee="b", price=1, condition=condition)
        assert clauses_text([clause]) == [words]
    assert terms_text(Terms()) == ["nothing is owed"]
    breach = Breach(seat="b", clause=clause, broken="payment")
    assert breach_text(breach).startswith("b did not pay: a pays b")
    assert "did not act" in breach_text(
        Breach(seat="b", clause=clause, broken="action")
    )


def test_many_alike_clauses_become_one_line_and_many_shares_are_grouped():
    seats = [f"p{i}" for i in range(8)]
    one_payer = [
        Clause(payer="p0", payee=s, price=i, condition=Does(seat=s, action="go"))
        for i, s in enumerate(seats[1:], 1)
    ]
    (line,) = clauses_text(one_payer)
    assert line == (
        "p0 pays p1 1.00, p2 2.00, p3 3.00, p4 4.00, p5 5.00, p6 6.00, p7 7.00 "
        "if the payee does go at step 0"
    )
    many = [
        Clause(payer=a, payee=b, price=1)
        for a, b in itertools.permutations(seats[:3], 2)
    ]
    assert clauses_text(many)[0] == "p0 pays each of p1 and p2 1.00"
    to_one = [Clause(payer=s, payee="p0", price=1) for s in seats[1:]]
    assert clauses_text(to_one) == [
        "each of p1, p2, p3, p4, p5, p6 and p7 pays p0 1.00 (7 clauses)"
    ]
    assert shares_text({"a": 0.25, "b": 0.75}) == "a 25 %, b 75 %"
    shares = dict.fromkeys(seats[:4], 0.1) | dict.fromkeys(seats[4:], 0.15)
    assert (
        shares_text(shares)
        == "10 % to each of p0, p1, p2 and p3; 15 % to each of p4, p5, p6 and p7"
    )


def test_an_unknown_group_is_told_with_those_that_exist():
    with pytest.raises(PluginError, match=r"unknown group of plug-ins 'game'.*games"):
        plugins.load("game", "chicken")


def test_a_plugin_whose_signature_fails_hides_no_other(monkeypatch):
    def fail(_factory):
        raise RuntimeError("no signature today")

    monkeypatch.setattr(plugins, "signature", fail)
    entries = plugins.describe("games")
    assert {entry.name for entry in entries} == set(plugins.names("games"))
    assert all("no signature today" in entry.about for entry in entries)
