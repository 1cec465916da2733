"""Worth by forecast: trained on recorded episodes. Credit at the end, prices on the way."""

import asyncio
import subprocess
import sys

import numpy as np
import pytest
from numpy.random import SeedSequence

from games.escape_room.lio import EscapeRoomN
from shapley_coop.agents.rules.random import Random
from shapley_coop.agents.rules.rational import Rational
from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.records import Wait
from shapley_coop.records.words import number
from shapley_coop.rl.forecast.forecaster import ForecasterSettings
from shapley_coop.rl.forecast.game_forecaster import fit_episodes, open_forecaster
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.markdown import escape, render
from shapley_coop.simulation.measurement.assign import check_worth
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import make_game
from tests.fixtures.plays import configured, played


def check(game, settings):
    check_worth(game, settings.worth, settings.protocol)


PARAMETERS = {"seats": 3, "levers": 1}
SEEN = []


class Watcher(Random):
    """Acts at random, never deals, and keeps what it was shown at the table."""

    async def negotiate(self, view):
        SEEN.append(view)
        return Wait()


class Late(Rational):
    """A rational seat that deals only once a table re-opens, and stays put until then."""

    async def negotiate(self, view):
        return Wait() if view.step == 0 else await super().negotiate(view)

    async def act(self, view):
        return "start" if view.step == 0 else await super().act(view)


def config(*overrides, **tables):
    tables = {"agent": "random", "parameters": PARAMETERS, **tables}
    return configured("escape-room-n", *overrides, **tables)


@pytest.fixture(scope="module")
def episodes():
    measured = config("worth.kind=replay", protocol="solo")
    return [played(measured, index)[0] for index in range(30)]


@pytest.fixture(scope="module")
def file(episodes, tmp_path_factory):
    settings = ForecasterSettings(members=2, units=8, updates=40, batch=16)
    game = EscapeRoomN(**PARAMETERS)
    model = fit_episodes(game, episodes, settings, SeedSequence(3))
    path = tmp_path_factory.mktemp("models") / "escape.npz"
    model.save(path)
    return path


def forecasting(file, *overrides, **tables):
    return config(
        "worth.kind=forecast", f"worth.forecaster={file}", *overrides, **tables
    )


def test_the_credit_of_an_episode_is_the_forecast_after_its_last_step(file):
    found, tape = played(forecasting(file, protocol="solo"), 40)
    asked = open_forecaster(str(file), EscapeRoomN(**PARAMETERS))(
        found.seed, found.steps
    )
    credit = found.credit
    assert (credit.worth, credit.absence, credit.evaluations) == ("forecast", None, 0)
    assert credit.values == {seat: expected.mean for seat, expected in asked.items()}
    assert credit.stderr == {seat: expected.std for seat, expected in asked.items()}
    assert all(error > 0 for error in credit.stderr.values())
    assert found.columns["player_0"].measured == credit.values["player_0"]
    assert tape.of("credit")[0]["worth"] == "forecast"


def test_a_rule_divides_by_what_was_played_and_not_by_a_forecast(file):
    found, _ = played(forecasting(file, "protocol.split=shapley"), 41)
    assert found.ledger_residual == 0
    assert sum(found.payoffs.values()) == pytest.approx(
        sum(found.raw.values()), abs=1e-9
    )
    rules = config("protocol.split=shapley")
    as_played, _ = played(rules, 41)
    assert found.payoffs == as_played.payoffs


def test_a_reopened_table_shows_the_forecast_and_its_bound(file):
    watched = f"{__name__}:Watcher"
    changes = ("protocol.reprice_every=1", "protocol.price_bound=plan")
    rules = forecasting(file, *changes, agent=watched)
    for index in range(50, 60):
        SEEN.clear()
        found, _ = played(rules, index)
        tasks = [view for view in SEEN if view.table.phase == "task"]
        late = [view for view in tasks if view.step > 0]
        if late:
            break
    assert late
    game = make_game(rules)
    ask = open_forecaster(str(file), game)
    for view in late:
        expected = ask(found.seed, found.steps[: view.step])
        assert view.phi == {seat: e.mean for seat, e in expected.items()}
        assert view.measured.stderr == {seat: e.std for seat, e in expected.items()}
        planned = held_by_plan(game, found, view.step)
        assert view.bound == pytest.approx(planned[view.seat] - view.phi[view.seat])
    opening = [view for view in tasks if view.step == 0]
    assert all(view.measured is None for view in opening)


def test_the_forecast_is_an_event_with_its_step_and_uncertainty(file):
    rules = forecasting(file, "protocol.reprice_every=1", agent=f"{__name__}:Late")
    found, tape = played(rules, 3)
    ask = open_forecaster(str(file), make_game(rules))
    told = tape.of("forecast")
    assert [event["step"] for event in told] == list(range(1, len(found.steps)))
    for event in told:
        expected = ask(found.seed, found.steps[: event["step"]])
        assert event["values"] == {seat: e.mean for seat, e in expected.items()}
        assert event["stderr"] == {seat: e.std for seat, e in expected.items()}
    assert not played(config(protocol="solo"), 3)[1].of("forecast")


def test_rational_seats_price_by_the_forecast_where_a_table_reopens(file):
    rules = forecasting(file, "protocol.reprice_every=1", agent=f"{__name__}:Late")
    found, tape = played(rules, 3)
    (contract,) = found.contracts
    (told,) = [event for event in tape.of("forecast") if event["step"] == contract.step]
    gaps = [found.payoffs[seat] - told["values"][seat] for seat in found.seats]
    assert max(gaps) - min(gaps) < 1e-5
    shares = list(found.payoffs.values())
    assert max(shares) - min(shares) > 0.01  # the oracle would have divided equally
    assert sum(shares) == pytest.approx(10 * 2 - 1)


def test_the_report_shows_the_forecast(file, tmp_path):
    rules = forecasting(file, "protocol.reprice_every=1", agent=f"{__name__}:Late")
    folder = asyncio.run(run(rules, tmp_path))
    (told, *_) = [event for event in folder.events() if event["kind"] == "forecast"]
    assert (told["data"]["step"], told["phase"], told["seat"]) == (1, "task", None)
    text = render(gather(folder))
    assert "credit expected after step 1" in text
    for seat, value in told["data"]["values"].items():
        error = number(told["data"]["stderr"][seat])
        assert escape(f"{seat} {number(value)} ± {error}") in text


def held_by_plan(game, episode, now):
    """What each seat holds if the better of the plan's rest and its repeat follows `now` steps."""
    stage = game.fresh()
    stage.start(episode.seed)
    for step in episode.steps[:now]:
        stage.apply(step.actions)
    paid = {
        seat: sum(s.rewards[seat] for s in episode.steps[:now]) for seat in stage.seats
    }
    ways = [
        {seat: actions[k:] for seat, actions in game.plan().items()} for k in (now, 0)
    ]
    best = max(
        (stage.preview(way).payoffs for way in ways), key=lambda p: sum(p.values())
    )
    return {seat: paid[seat] + best[seat] for seat in stage.seats}


def test_training_brings_forecasts_nearer_than_the_mean(episodes, file):
    game = EscapeRoomN(**PARAMETERS)
    ask = open_forecaster(str(file), game)
    truth = np.array([[e.credit.values[s] for s in game.seats] for e in episodes])
    told = np.array([[x.mean for x in ask(e.seed, e.steps).values()] for e in episodes])
    assert ((told - truth) ** 2).mean() < 0.8 * ((truth - truth.mean(0)) ** 2).mean()


def test_what_cannot_forecast_is_refused_before_play(
    file, tmp_path, episodes, monkeypatch
):
    game = EscapeRoomN(**PARAMETERS)
    with pytest.raises(ConfigError, match=r"name its file in worth\.forecaster"):
        check(game, config("worth.kind=forecast"))
    with pytest.raises(ConfigError, match="holds no forecaster"):
        check(game, forecasting(tmp_path / "none.npz"))
    text = tmp_path / "text.npz"
    text.write_text("hello")
    with pytest.raises(ConfigError, match="holds no forecaster"):
        check(game, forecasting(text))
    with pytest.raises(ConfigError, match="trained on 3 seats"):
        check(EscapeRoomN(seats=4, levers=1), forecasting(file))
    with pytest.raises(ConfigError, match="at least 5 episodes"):
        fit_episodes(game, episodes[:4], ForecasterSettings(), SeedSequence(0))
    monkeypatch.setattr(
        "shapley_coop.rl.forecast.worth_kind.find_spec", lambda _name: None
    )
    with pytest.raises(PluginError, match="needs torch"):
        check(game, forecasting(file))


def test_the_engine_stays_without_torch():
    code = "import shapley_coop.simulation.run, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
