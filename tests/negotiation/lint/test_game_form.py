"""Registered games as tables: every profile as it would be played, and no play twice."""

from itertools import product

import pytest

import shapley_coop as sc
from shapley_coop.cli.teams.lint import deal_lines
from shapley_coop.errors import ConfigError, InputError
from shapley_coop.interfaces.game import Game, Security
from shapley_coop.negotiation.lint import game_form
from shapley_coop.negotiation.lint.game_form import of_game
from shapley_coop.negotiation.lint.holdings import holdings_under
from shapley_coop.negotiation.lint.repair import cheapest_repair
from shapley_coop.negotiation.lint.verdict import judge
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import Terms
from shapley_coop.simulation.checks.deals import lint_registered
from shapley_coop.simulation.worker import open_game

SMALL = [
    ("trust", {"rounds": 1}),
    ("chicken", {"rounds": 3}),
    ("fishery", {"seats": 2, "seasons": 2, "collapse": 3}),
    ("escape-room-n", {"seats": 2, "levers": 1, "horizon": 2}),
    ("public-goods", {"seats": 3, "rounds": 2}),
    ("gloves", {"left": 2, "right": 3}),
]


class Duel(Game):
    """Who shoots first wins alone, and who was shot at does nothing any more."""

    name = "duel"
    actions = ("wait", "shoot")
    goal = "peace"
    horizon = 3

    def __init__(self):
        super().__init__(["a", "b"])

    def begin(self):
        return []

    def advance(self, actions):
        shot = [seat for seat in self.agents if actions[seat]]
        self.world = self.world + shot
        return {seat: float(shot == [seat]) for seat in self.agents}

    def legal(self, seat):
        return ("wait",) if self.world and seat not in self.world else self.actions

    def over(self):
        return len(self.world) > 2


class Corridor(Game):
    """Nobody has a choice."""

    name = "corridor"
    actions = ("walk",)
    goal = "arrived"

    def __init__(self, steps):
        self.horizon = steps
        super().__init__(["a", "b"])

    def begin(self):
        return None

    def advance(self, actions):
        return dict.fromkeys(actions, 1.0)

    def security(self, seat):
        return Security(1.0, "walk")


class Alternating(Corridor):
    """Two ways, of which each step and seat has one."""

    actions = ("walk", "stay")
    schedule = (
        {"a": ("walk",), "b": ("stay",)},
        {"a": ("stay",), "b": ("walk",)},
    )


class Vast(Corridor):
    """Pays more millionths than 64 bits hold, and lets nobody be sure of anything."""

    actions = ("walk", "run")

    def advance(self, actions):
        return {seat: 1e15 * (1 + number) for seat, number in actions.items()}

    def plan(self):
        return dict.fromkeys(self.seats, ("run",))

    def security(self, seat):
        return Security(float("-inf"), "walk")


WALK = {"a": ("walk",), "b": ("walk",)}


def opened(name, parameters):
    return Duel() if name == "duel" else open_game(name, parameters)


def goal_of(game):
    return game.plan() or dict.fromkeys(game.seats, ("wait",))


@pytest.mark.parametrize(("name", "parameters"), [*SMALL, ("duel", {})])
def test_every_profile_has_the_play_that_it_comes_to(name, parameters):
    game = opened(name, parameters)
    form = of_game(game, goal_of(game))
    if not game.schedule:
        assert form.plans[0] == tuple(product(game.actions, repeat=game.horizon))
    for profile in product(*map(range, form.shape)):
        plans = {s: form.plans[i][profile[i]] for i, s in enumerate(form.seats)}
        end, steps = play_profile(game, 0, plans)
        play = form.play(form.cells[profile])
        assert play.steps == steps
        assert set(play.outcomes) == end.outcomes()


def test_plans_name_what_seats_are_offered_and_miss_no_play():
    game = open_game("trust", {"rounds": 1})
    form = of_game(game, game.plan())
    # Who sends waits afterwards, and who returns waited before.
    assert form.shape == (3, 3)
    assert form.plans[0] == tuple((action, "wait") for action in game.actions[1:4])
    known = {str(form.play(number).steps) for number in range(len(form.table.units))}
    everything = tuple(product(game.actions, repeat=game.horizon))
    for lines in product(everything, repeat=2):
        _, steps = play_profile(game, 0, dict(zip(game.seats, lines, strict=True)))
        assert str(tuple(steps)) in known


def test_a_long_game_of_few_offers_is_compared_whole():
    short = sc.lint("trust", parameters={"rounds": 1})
    long = sc.lint("trust", parameters={"rounds": 3})
    assert long.verdict.core is short.verdict.core is True
    (gain,), (once,) = long.verdict.deviations, short.verdict.deviations
    assert gain.gain == 3 * once.gain
    with pytest.raises(ConfigError, match="plans of at most 100 are compared"):
        of_game(Alternating(10**9), {"a": ("walk",), "b": ("stay",)})


@pytest.mark.parametrize(("name", "parameters"), [*SMALL, ("duel", {})])
def test_no_play_is_there_twice(name, parameters):
    game = opened(name, parameters)
    form = of_game(game, goal_of(game))
    plays = [form.play(number).steps for number in range(len(form.table.units))]
    assert len({str(steps) for steps in plays}) == len(plays)


def test_steps_that_plans_share_are_played_once(monkeypatch):
    game = open_game("chicken", {"rounds": 4})
    steps = []
    apply = type(game).apply

    def counted(self, actions):
        steps.append(actions)
        return apply(self, actions)

    monkeypatch.setattr(type(game), "apply", counted)
    of_game(game, game.plan())
    assert len(steps) == 4 + 4**2 + 4**3 + 4**4


def of_one_seat(verdict):
    """Return what is said of seats that leave the goal alone."""
    left_open = {"dominant", "core", "objection", "skipped"}
    return verdict.model_dump(exclude=left_open)


@pytest.mark.parametrize("aim", ["equilibrium", "dominant"])
@pytest.mark.parametrize(("name", "parameters"), SMALL)
def test_too_many_profiles_leave_open_what_needs_all_of_them(
    name, parameters, aim, monkeypatch
):
    whole = lint_registered(name, parameters, aim=aim)
    monkeypatch.setattr(game_form, "MOST_PLAYS", 1)
    if aim == "dominant":
        with pytest.raises(InputError, match="makes a goal dominant cannot be told"):
            lint_registered(name, parameters, aim=aim)
        return
    part = lint_registered(name, parameters)
    assert of_one_seat(part.verdict) == of_one_seat(whole.verdict)
    assert part.repair == whole.repair
    assert part.verdict.core is None
    # Whoever gains by leaving alone settles that the goal is not dominant.
    if whole.verdict.equilibrium:
        assert part.verdict.dominant is None
    else:
        assert part.verdict.dominant is whole.verdict.dominant is False


def test_a_game_of_a_hundred_seats_is_judged():
    result = sc.lint("public-goods", parameters={"seats": 100, "rate": 0.1})
    assert result.verdict.equilibrium is False
    assert result.repair.total == pytest.approx(900)
    lines = deal_lines(result)
    assert "dominant: no" in lines
    assert "core: unknown, since there are more than 100,000 profiles of plans" in lines


def test_dominance_is_left_open_where_nobody_gains_alone():
    clauses = sc.lint("public-goods", parameters={"seats": 16}).repair.clauses
    mended = sc.lint("public-goods", parameters={"seats": 16}, clauses=clauses)
    assert mended.verdict.equilibrium
    assert set(mended.as_json()["skipped"]) == {"dominant", "core"}
    words = "there are more than 100,000 profiles of plans"
    assert f"dominant: unknown, since {words}" in deal_lines(mended)


def test_a_seat_that_no_plan_names_is_told():
    with pytest.raises(ConfigError, match="give clauses with a plan for b"):
        of_game(Duel(), {"a": ("wait",)})


def test_what_is_told_of_plans_is_what_comes_of_them():
    (deviation,) = sc.lint("trust").verdict.deviations
    # Its plan names waiting, which is not open to it in the end.
    assert deviation.actions == ("wait", "return-none")
    room = sc.lint("escape-room-n", parameters={"seats": 2, "levers": 1, "horizon": 3})
    # The door ends the game, and nothing is done after that.
    assert room.verdict.goal == {"player_0": ("door",), "player_1": ("lever",)}


@pytest.mark.parametrize(
    "plan",
    [
        {"investor_0": ["send-5"]},
        {"investor_0": ["send-5", "wait"]},
        {"trustee_1": ["wait"], "investor_0": ["send-5"]},
    ],
)
def test_a_plan_of_a_part_is_the_goal_beside_the_plan_of_the_game(plan):
    repair = sc.lint("trust", clauses={"clauses": [], "plan": plan}).repair
    assert repair.plan["investor_0"] == ("send-5", "wait")
    assert repair.plan["trustee_1"] == ("wait", "return-half")
    # It can be signed as it is.
    mended = sc.lint("trust", clauses=repair.terms)
    assert mended.verdict.equilibrium
    assert mended.verdict.rational
    assert mended.repair.clauses == ()


def test_it_is_told_how_far_a_judgement_is():
    told = []
    sc.lint(
        "gloves",
        parameters={"left": 4, "right": 5},
        progress=lambda *far: told.append(far),
    )
    plays = [far for far in told if far[0] == "plays"]
    assert plays == [("plays", 256, 512), ("plays", 512, 512)]
    assert ("coalitions", 256, 512) in told


@pytest.mark.parametrize("steps", [101, 10**9])
def test_plans_without_a_choice_are_not_written_out_for_ever(steps):
    with pytest.raises(ConfigError, match="plans of at most 100 are compared"):
        of_game(Corridor(steps), WALK)


def test_a_walk_without_a_choice_is_one_play():
    form = of_game(Corridor(100), WALK)
    assert len(form.table.units) == 1
    assert form.goal == (0, 0)


def test_rewards_of_any_size_are_compared():
    form = of_game(Vast(1), {})
    assert form.outside == (2 * 10**21,) * 2
    holdings = holdings_under(form, Terms())
    assert judge(form, holdings).equilibrium
    assert judge(form, holdings).dominant
    assert cheapest_repair(form, holdings).clauses == ()
