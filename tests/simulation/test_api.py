"""The Python API: one line each to play, open, replay, list and value."""

import asyncio
import pickle
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest

import shapley_coop as sc
from shapley_coop.errors import ConfigError, InputError, PluginError, RunFolderError
from shapley_coop.records.html import html_table
from shapley_coop.runs.columns import COLUMNS
from shapley_coop.shapley.evaluation.sync import EvaluationError
from shapley_coop.simulation import results
from shapley_coop.simulation.results import CreditRow, EpisodeList


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return sc.play(
        "escape-room",
        agent="rational",
        seats={"player_1": "over-claimer"},
        episodes=2,
        seed=3,
        runs_dir=tmp_path_factory.mktemp("runs"),
    )


@pytest.fixture
def records(run, monkeypatch):
    """The run as it shows itself where pandas is not installed."""
    monkeypatch.setattr(results, "find_spec", lambda name: None)
    return run


def test_every_door_of_the_root_opens():
    assert dir(sc) == sorted(sc.__all__)
    for name in sc.__all__:
        assert getattr(sc, name) is not None
    with pytest.raises(AttributeError, match="has no 'plya'; it has: attribute"):
        _ = sc.plya


def test_a_run_holds_what_was_played(records):
    run = records
    assert run.status == "done"
    assert run.config.seats == {"player_1": "over-claimer"}
    assert (run.config.run.seed, len(run.episodes)) == (3, 2)
    assert run.figures.episodes == 2
    assert {row.payer for row in run.transfers} <= {"player_0", "player_1"}
    assert all(row.amount > 0 for row in run.transfers)
    assert all(row.terms and row.signatures for row in run.contracts)


def test_a_run_shows_its_report(run):
    assert str(run) == repr(run) == run.report()
    assert "over-claimer" in run.report()
    html = run._repr_html_()
    assert html.count("<table") == html.count("</table>") >= 3
    assert html.startswith('<div class="mathjax_ignore tex2jax_ignore">')
    assert html.count("<div") == html.count("</div>")
    assert "over-claim" in html
    with pytest.raises(RunFolderError, match="no episode 9"):
        run.report(9)


def test_credit_has_a_field_for_each_column_and_its_source(records):
    first, second = records.credit
    assert isinstance(first, CreditRow)
    for column in COLUMNS:
        assert hasattr(first, column.name)
    assert (first.seat, first.worth) == ("player_0", "realised")
    assert second.overclaim > 0
    with pytest.raises(AttributeError):
        first.measured = 0


def test_credit_is_a_data_frame_where_pandas_is_installed(run):
    credit = run.credit
    assert isinstance(credit, pd.DataFrame)
    assert list(credit.seat) == ["player_0", "player_1"]
    assert credit.measured.dtype == credit.stderr.dtype == "float64"
    assert credit.rational.dtype == "boolean"


def test_a_row_of_credit_has_the_columns_of_every_report_and_their_types():
    names = [field.name for field in fields(CreditRow)]
    columns = [column.name for column in COLUMNS]
    assert names == ["seat", *columns, "stderr", "worth", "absence"]
    hints = get_type_hints(CreditRow)
    for column in COLUMNS:
        kind = bool if column.format == "yes-no" else float
        assert hints[column.name] == kind | None


def test_rows_are_records_that_can_be_pickled(records):
    assert records.credit
    for rows in (records.credit, records.transfers, records.contracts):
        assert pickle.loads(pickle.dumps(rows)) == rows


def test_every_frame_has_its_columns_and_types_even_if_it_is_empty(run, tmp_path):
    silent = sc.play("escape-room", agent="selfish", protocol="solo", runs_dir=tmp_path)
    for name in ("credit", "transfers", "contracts"):
        frame = getattr(silent, name)
        assert list(frame.columns) == list(getattr(run, name).columns)
        assert list(frame.dtypes) == list(getattr(run, name).dtypes)
    assert silent.transfers.empty
    assert pd.api.types.is_float_dtype(silent.transfers.amount)
    assert pd.api.types.is_float_dtype(silent.credit.claimed)


def test_texts_of_agents_make_no_markup():
    table = html_table(("<b>", "x"), [("<script>alert(1)</script>", '"&')])
    assert "<script>" not in table
    assert "&lt;script&gt;" in table
    assert "&lt;b&gt;" in table


def test_a_run_is_opened_and_replayed_from_its_folder(run, tmp_path):
    again = sc.open(str(run.path))
    assert again.figures == sc.open(run).figures == run.figures
    replayed = sc.replay(again, runs_dir=tmp_path)
    assert replayed.identical
    html = replayed._repr_html_()
    assert "<li>The replay is identical apart from time.</li>" in html
    assert replayed.run._repr_html_() in html
    assert replayed.run.path.parent == tmp_path
    with pytest.raises(RunFolderError):
        sc.open(tmp_path / "none")


def test_playing_works_inside_a_running_loop(tmp_path):
    async def both():
        outside = sc.play("escape-room", agent="rational", runs_dir=tmp_path)
        inside = await sc.play_async("escape-room", agent="selfish", runs_dir=tmp_path)
        return outside, inside

    outside, inside = asyncio.run(both())
    assert (outside.figures.success_rate, inside.figures.success_rate) == (1, 0)


def test_each_thread_that_plays_the_same_gets_a_run_of_its_own(tmp_path):
    def play(_):
        return sc.play(
            "escape-room-n", agent="rational", episodes=3, seed=777, runs_dir=tmp_path
        )

    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(play, range(4)))
    assert len({run.path for run in runs}) == len(list(tmp_path.iterdir())) == 4
    assert {run.status for run in runs} == {"done"}
    assert {len(run.episodes) for run in runs} == {3}


def test_a_cancelled_run_names_nobody_who_stopped_it(tmp_path):
    async def give_up():
        playing = asyncio.ensure_future(
            sc.play_async(
                "escape-room", agent="rational", episodes=5000, runs_dir=tmp_path
            )
        )
        # A folder has no event to wait on, so it is looked at.
        while not list(tmp_path.glob("*/events.jsonl")):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        playing.cancel()
        await playing

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(give_up())
    (path,) = tmp_path.iterdir()
    manifest = sc.open(path).folder.manifest
    assert (manifest.status, manifest.error) == ("cancelled", "")


def test_settings_are_written_with_dots_or_as_tables(tmp_path):
    run = sc.play(
        "escape-room-n",
        agent="rational",
        worth="replay",
        settings={
            "game.seats": 3,
            "game": {"levers": 1},
            "worth": {"kind": "oracle", "absence": "idle"},
        },
        runs_dir=tmp_path,
    )
    assert run.config.game == {"id": "escape-room-n", "seats": 3, "levers": 1}
    assert (run.config.worth.kind, run.config.worth.absence) == ("replay", "idle")


def test_what_cannot_be_played_is_told(tmp_path):
    with pytest.raises(PluginError, match="did you mean 'escape-room'"):
        sc.play("escape-rom", runs_dir=tmp_path)
    with pytest.raises(ConfigError, match=r"worth\.absense"):
        sc.play("escape-room", settings={"worth.absense": "idle"}, runs_dir=tmp_path)
    with pytest.raises(ConfigError, match="given by its name"):
        sc.play(sc.game("escape-room"), runs_dir=tmp_path)
    with pytest.raises(ConfigError, match="parameter of escape-room-n 'sets'"):
        sc.game("escape-room-n", sets=4)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"game.id": "chicken"},
            "named 'escape-room', but the settings name 'chicken'",
        ),
        ({"game": "chicken"}, "the settings name 'chicken'; name it once"),
        ({"game": {"id": 5}}, "the settings name 5"),
        ([("game.seats", 5)], "settings are a mapping such as"),
        ("game.seats=5", "settings are a mapping such as"),
        ({5: 1}, "the name of a setting is a text such as 'game.seats', got 5"),
        ({"run": {None: 1}}, "the name of a setting is a text"),
    ],
)
def test_settings_that_contradict_or_are_none_are_refused(settings, says, tmp_path):
    with pytest.raises(ConfigError, match=says) as caught:
        sc.play("escape-room", settings=settings, runs_dir=tmp_path)
    assert caught.value.field
    assert not list(tmp_path.iterdir())


def test_a_named_argument_wins_and_leaves_what_settings_say_beside_it(tmp_path):
    run = sc.play(
        "escape-room",
        agent="rational",
        seats={"player_1": "selfish"},
        protocol="short-term",
        settings={
            "game": "escape-room",
            "protocol": "talk",
            "protocol.deposit": 2,
            "seats.player_0": "over-claimer",
        },
        runs_dir=tmp_path,
    )
    assert (run.config.protocol.name, run.config.protocol.deposit) == (
        "short-term",
        2,
    )
    assert run.config.seats == {"player_0": "over-claimer", "player_1": "selfish"}


@pytest.mark.parametrize("path", [5, None, "a\0b", b"runs"])
def test_what_is_no_path_is_refused(path, run):
    says = "is the path of a folder, as a text or a Path"
    with pytest.raises(ConfigError, match=f"runs_dir {says}"):
        sc.play("escape-room", runs_dir=path)
    for reading in (sc.open, sc.replay):
        with pytest.raises(RunFolderError, match=says) as caught:
            reading(path)
        assert caught.value.field == "path"
    if path is not None:
        with pytest.raises(ConfigError, match=f"runs_dir {says}"):
            sc.replay(run, runs_dir=path)


def test_a_path_that_no_system_takes_is_no_run():
    with pytest.raises(RunFolderError, match="File name too long"):
        sc.open("x" * 5000)


@pytest.mark.parametrize("episode", ["x", True, 1.0])
def test_what_is_no_episode_is_refused(run, episode):
    with pytest.raises(RunFolderError, match="whole number from 0") as caught:
        run.report(episode)
    assert caught.value.field == "episode"


def test_a_game_is_told_how_to_render_and_shows_its_seats():
    game = sc.game("escape-room", render_mode="rgb_array")
    game.reset(seed=1)
    assert game.render().ndim == 3
    assert repr(game) == "<game 'escape-room' of 2 seats: player_0, player_1>"
    assert repr(sc.game("escape-room-n", seats=20)).endswith("player_7, …>")
    with pytest.raises(ConfigError, match="unknown render_mode 'x'"):
        sc.game("escape-room", render_mode="x")


def test_a_factory_that_cannot_be_told_how_to_render_is_named(monkeypatch):
    module = types.ModuleType("plain_games")
    module.make = lambda: sc.game("escape-room")
    monkeypatch.setitem(sys.modules, "plain_games", module)
    assert sc.game("plain_games:make").render() is None
    with pytest.raises(ConfigError, match="does not take render_mode"):
        sc.game("plain_games:make", render_mode="ansi")


def test_games_are_listed_with_their_parameters():
    games = sc.games()
    row = next(entry for entry in games if entry.name == "escape-room-n")
    assert "seats" in row.parameters
    assert repr(games).startswith("airport-runway: ")
    assert "<th>escape-room-n</th>" in games._repr_html_()
    assert len(sc.game("escape-room-n", seats=5, levers=2).seats) == 5


def test_a_value_is_found_from_every_shape(tmp_path):
    table = [0.0, 1.0, 2.0, 5.0]
    file = tmp_path / "table.npy"
    np.save(file, np.array(table))
    shapes = [
        sc.value(table),
        sc.value({(): 0, ("a",): 1, ("b",): 2, ("a", "b"): 5}),
        sc.value({"": 0, "a": 1, "b": 2, "a+b": 5}),
        sc.value(lambda s: table[(0 in s) + 2 * (1 in s)], players=2),
        sc.value(file),
    ]
    for result in shapes:
        assert result.values.tolist() == [2.0, 3.0]
        assert result.evaluations == 4
    assert shapes[1].players == ("a", "b")
    assert "a: 2.00 (exact)" in str(shapes[1])
    assert "<th>shapley</th>" in shapes[1]._repr_html_()
    assert sc.value(table, index="banzhaf").values.tolist() == [2.0, 3.0]


def test_a_function_of_many_players_is_estimated_from_its_seed():
    def grow(members):
        return float(len(members)) ** 2

    first = sc.value(grow, players=14, budget=600, seed=5)
    assert first.evaluations <= 600
    assert first.values.sum() == pytest.approx(196)
    assert np.array_equal(
        first.values, sc.value(grow, players=14, budget=600, seed=5).values
    )


def test_values_that_cannot_be_computed_are_told():
    with pytest.raises(InputError, match="give players=5"):
        sc.value(len)
    with pytest.raises(InputError, match="raise the budget"):
        sc.value(len, players=20, index="banzhaf", budget=100)
    with pytest.raises(InputError, match="has 2 players, but 3 are named"):
        sc.value([0, 1, 2, 3], players=["a", "b", "c"])


@pytest.mark.parametrize(
    ("game", "arguments", "says", "field"),
    [
        (len, {"players": ["a", "a"]}, "named twice: 'a'", "players"),
        (len, {"players": [1, True]}, "named twice: 1", "players"),
        (len, {"players": -1}, "whole number of at least 0, got -1", "players"),
        (len, {"players": True}, "whole number of at least 0, got True", "players"),
        (len, {"players": 2.5}, "whole number of at least 0, got 2.5", "players"),
        (len, {"players": "ab"}, "whole number of at least 0, got 'ab'", "players"),
        (len, {"players": ["a", ""]}, "has a name or a number, got ''", "players"),
        (len, {"players": [["a"]]}, "has a name or a number", "players"),
        (len, {"players": 2, "budget": "x"}, "budget is a whole number", "budget"),
        (len, {"players": 2, "budget": 0}, "of at least 1, got 0", "budget"),
        (len, {"players": 2, "seed": "x"}, "seed is a whole number", "seed"),
        (len, {"players": 2, "seed": -1}, "of at least 0, got -1", "seed"),
        (lambda s: None, {"players": 2}, "is a number, but that of {} is None", "game"),
        (lambda s: "7", {"players": 2}, "is '7'", "game"),
        ({5: 1.0}, {}, "a coalition is a tuple of players", "game"),
        ({"a+": 1.0}, {}, "each player once, got 'a\\+'", "game"),
        ({("a", "a"): 1.0}, {}, "each player once", "game"),
        ({"": 0, "a": "x"}, {}, "that of {a} is 'x'", "game"),
        ({"a+b": 1, "b+a": 2}, {}, "'b\\+a' has two values", "game"),
        (["x", "y"], {}, "a game is a function of a frozenset", "game"),
        (None, {}, "or the path of a table, got None", "game"),
    ],
)
def test_what_is_no_game_of_coalitions_is_told(game, arguments, says, field):
    with pytest.raises(ConfigError, match=says) as caught:
        sc.value(game, **arguments)
    assert caught.value.field == field


def test_players_are_counted_by_numbers_of_numpy_and_values_may_be_verdicts():
    assert sc.value(lambda s: len(s) > 1, players=np.int64(2)).values.tolist() == [
        0.5,
        0.5,
    ]


def test_a_function_that_stops_giving_numbers_keeps_what_was_paid():
    with pytest.raises(EvaluationError, match=r"but that of \{0, .*\} is None"):
        sc.value(lambda s: None, players=14, budget=99)


def test_a_number_of_players_is_held_against_a_file(tmp_path):
    file = tmp_path / "table.npy"
    np.save(file, np.array([0.0, 1.0, 2.0, 5.0]))
    assert sc.value(file, players=2).players == sc.value(file).players
    assert sc.value(file, players=["a", "b"]).players == ("a", "b")
    with pytest.raises(ValueError, match="3 were announced"):
        sc.value(file, players=3)


def test_a_table_that_is_not_there_is_told():
    with pytest.raises(InputError, match=r"cannot read 'absent\.npy'"):
        sc.value("absent.npy")


def test_episodes_credits_and_the_page_show_themselves(run):
    episodes = run.episodes
    assert episodes._repr_html_().count("<tr>") == len(episodes) + 1
    assert "did not reach its goal" in episodes[0]._repr_html_()
    assert "exact" in episodes[0].credit._repr_html_()
    hostile = episodes[0].model_copy(update={"error": "<script>alert(1)</script>"})
    assert "<script>" not in hostile._repr_html_()
    long = EpisodeList(episodes * 200)
    assert long._repr_html_().count("<tr>") == results.MOST_SHOWN + 1
    assert "more episodes" in long._repr_html_()


def test_the_page_stands_in_a_frame_that_reaches_nothing(run, tmp_path):
    pytest.importorskip("vl_convert")
    page = run.page()
    shown = page._repr_html_()
    assert 'sandbox="allow-scripts"' in shown
    # All of the page is inside of one attribute.
    assert shown.count("<") == 2
    assert page.save(tmp_path / "page.html").read_text() == page.html
