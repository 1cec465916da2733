"""Stability checks on deals whose answer is known."""

import asyncio

import numpy as np
import pytest

from games.coalitional.markets import Gloves
from games.coalitional.sharing import Airport
from games.dilemmas.classic import PrisonersDilemma, StagHunt
from games.dilemmas.fishery import Fishery
from games.dilemmas.matrix import MatrixGame
from games.escape_room.lio import EscapeRoomN
from games.escape_room.paper import EscapeRoom
from shapley_coop.agents.rules.rational import Rational
from shapley_coop.agents.rules.simple import Selfish
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.negotiation.checks.core import core
from shapley_coop.negotiation.checks.equilibrium import equilibrium
from shapley_coop.negotiation.checks.rationality import rationality
from shapley_coop.negotiation.promises import kept_profile
from shapley_coop.records import Clause, Contract, Does, Episode, Offer, Terms
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential
from tests.games.everyone import Everyone


def played(game, factory, protocol):
    config = resolve({"game": {"id": game.name}, "protocol": protocol})
    potential = Potential(game, config.worth, config.run.seed)
    return asyncio.run(
        play(
            game,
            Everyone(factory),
            config,
            index=0,
            recorder=NullRecorder(),
            potential=potential,
        )
    )


def episode_of(game, profile, clauses=()):
    game.start(0)
    step = game.apply(profile)
    offer = Offer(
        id=1, author=game.seats[0], round=1, terms=Terms(clauses=tuple(clauses))
    )
    contracts = (Contract(offer=offer, signatures=game.seats),) if clauses else ()
    return Episode(
        index=0, seed=0, seats=game.seats, steps=(step,), contracts=contracts
    )


def test_mutual_defection_is_a_dominant_equilibrium_and_cooperation_none():
    game = PrisonersDilemma()
    found = equilibrium(game, episode_of(game, dict.fromkeys(game.seats, "defect")))
    assert (found.nash, found.dominant, found.deviation) == (True, True, None)
    found = equilibrium(game, episode_of(game, dict.fromkeys(game.seats, "cooperate")))
    assert (found.nash, found.dominant) == (False, False)
    assert found.deviation.actions == ("defect",)
    assert found.deviation.gain == 2


class Punishable(MatrixGame):
    """One stage equilibrium is good and one is bad, so the second round can punish the first."""

    name = "punishable"
    actions = ("help", "work", "sulk")
    payoffs = (
        ((4, 4), (0, 5), (-1, -1)),
        ((5, 0), (3, 3), (-1, -1)),
        ((-1, -1), (-1, -1), (0, 0)),
    )


def course_of(game, *profiles):
    game.start(0)
    steps = tuple(
        game.apply(dict(zip(game.seats, profile, strict=True))) for profile in profiles
    )
    return Episode(index=0, seed=0, seats=game.seats, steps=steps)


def test_a_threat_that_is_an_equilibrium_itself_holds_help_together():
    """After Benoit & Krishna (1985): 4 + 3 beats 5 + 0, though no fixed plan can say so."""
    game = Punishable(rounds=2)
    help_, work, sulk = (("help",) * 2, ("work",) * 2, ("sulk",) * 2)
    found = equilibrium(game, course_of(game, help_, work))
    assert (found.nash, found.subgame_perfect) == (False, True)
    assert found.deviation.gain == 1
    assert equilibrium(game, course_of(game, work, sulk)).subgame_perfect
    found = equilibrium(game, course_of(game, help_, help_))
    assert (found.nash, found.subgame_perfect) == (False, False)
    # 4 now and the bad equilibrium later is less than 5 and the same.
    assert not equilibrium(game, course_of(game, help_, sulk)).subgame_perfect


def test_one_step_needs_no_answer_and_many_histories_no_verdict():
    game = Punishable()
    assert equilibrium(game, course_of(game, ("work",) * 2)).subgame_perfect is None
    game = Punishable(rounds=3)
    course = course_of(game, *[("work",) * 2] * 3)
    found = equilibrium(game, course, most=100)
    assert (found.nash, found.dominant, found.subgame_perfect) == (True, None, None)


def test_where_nothing_was_signed_the_play_is_judged_and_no_plan():
    game = StagHunt()
    # The plan is better for the one who hunts hares, but nobody has agreed on it.
    found = equilibrium(game, course_of(game, ("stag", "hare")))
    assert found.followed
    assert found.profile == {"player_0": ("stag",), "player_1": ("hare",)}


def test_bonuses_for_cooperating_make_it_dominant_if_they_are_paid():
    game = PrisonersDilemma()
    first, second = game.seats
    clauses = [
        Clause(payer=a, payee=b, price=2.5, condition=Does(seat=b, action="cooperate"))
        for a, b in ((first, second), (second, first))
    ]
    agreed = episode_of(game, dict.fromkeys(game.seats, "cooperate"), clauses)
    found = equilibrium(game, agreed)
    assert (found.nash, found.dominant) == (True, True)
    talk = equilibrium(
        game, agreed, PROTOCOLS["talk"].model_copy(update={"settlement": "cheap-talk"})
    )
    assert (talk.nash, talk.deviation.gain) == (False, 2)
    broken = episode_of(game, {first: "cooperate", second: "defect"}, clauses)
    profile = kept_profile(game, 0, broken.contracts, broken.steps)
    assert profile == dict.fromkeys(game.seats, ("cooperate",))


def test_the_escape_rooms_deal_is_rational_an_equilibrium_and_in_the_core():
    game = EscapeRoom()
    episode = played(game, Rational, "short-term")
    assert episode.success
    margins = rationality(episode)
    assert margins.holds
    assert margins.margins == pytest.approx(dict.fromkeys(game.seats, 5.5))
    found = equilibrium(game, episode)
    assert found.nash
    stable = core(game.oracle(), episode.payoffs)
    assert stable.holds
    assert stable.excess == pytest.approx(0, abs=2e-6)


def test_without_a_deal_there_is_nothing_to_be_rational_about_and_everyone_objects():
    game = EscapeRoom()
    episode = played(game, Selfish, "solo")
    assert rationality(episode) is None
    stable = core(game.oracle(), episode.payoffs)
    assert not stable.holds
    assert set(stable.objector) == set(game.seats)
    assert stable.excess == pytest.approx(9 - sum(episode.payoffs.values()))


def test_a_bad_deal_is_named_by_its_margin():
    game = EscapeRoom()
    episode = played(game, Rational, "short-term")
    column = episode.columns["player_0"].model_copy(update={"agreed": -3.0})
    bad = episode.model_copy(
        update={"columns": {**episode.columns, "player_0": column}}
    )
    margins = rationality(bad)
    assert not margins.holds
    assert margins.margins["player_0"] == pytest.approx(-2)


def test_the_core_of_the_gloves_is_all_for_the_short_side():
    """One left, two right gloves: the core is (1, 0, 0). At φ the left and a right one object."""
    oracle = Gloves().oracle()
    seats = Gloves().seats
    assert core(oracle, dict(zip(seats, (1, 0, 0), strict=True))).holds
    phi = dict(zip(seats, (2 / 3, 1 / 6, 1 / 6), strict=True))
    stable = core(oracle, phi)
    assert not stable.holds
    assert stable.objector[0] == "left_0"
    assert len(stable.objector) == 2
    assert stable.excess == pytest.approx(1 / 6)


def test_by_kinds_and_by_coalitions_say_the_same():
    game = EscapeRoomN(6, 2)
    rng = np.random.default_rng(0)
    worth = game.oracle()
    for _ in range(20):
        payoffs = dict(zip(game.seats, rng.uniform(0, 12, 6).tolist(), strict=True))
        by_counts, by_sets = (
            core(worth, payoffs),
            core(expand_counts(worth, game.seats), payoffs),
        )
        assert by_counts.excess == pytest.approx(by_sets.excess)
        assert by_counts.holds == by_sets.holds


def test_the_airports_shapley_value_is_in_its_core():
    game = Airport()
    credit = measure(
        game.oracle(), game.seats, WorthSettings(), kind="oracle", absence=None
    )
    worth = game.oracle()
    assert core(worth, credit.values).holds
    unfair = {**credit.values, "airline_0": -13.0, "airline_2": -12.0}
    stable = core(worth, unfair)
    assert (stable.holds, stable.objector, stable.excess) == (False, ("airline_0",), 1)


def test_too_large_a_game_is_not_enumerated():
    game = Fishery()
    episode = played(game, Selfish, "solo")
    assert equilibrium(game, episode) is None
