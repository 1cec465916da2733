"""The contract of games says in a sentence what a game did otherwise, and needs no pytest."""

import ast
import itertools

import numpy as np
import pytest

from examples.bridge import Bridge
from shapley_coop.errors import GameError
from shapley_coop.interfaces.contract import CHECKS
from shapley_coop.interfaces.game import CountWorth, Security
from tests.architecture.source import ROOT, imports

CHECK = {check.__name__: check for check in CHECKS}


class Nameless(Bridge):
    name = ""


class NoGoal(Bridge):
    goal = "finished"

    def possible_outcomes(self):
        return ("built",)


class TuplesAsFacts(Bridge):
    def facts(self, seat):
        return {"rules": (1, 2)}


class UnknownAction(Bridge):
    def legal(self, seat):
        return ("rest", "swim")


class OffSchedule(Bridge):
    schedule = ({"villager_1": ("rest",)},)


class UnknownOutcome(Bridge):
    def outcomes(self):
        return frozenset({"flooded"})


class StepRewardTooLarge(Bridge):
    def step_reward(self, seat, action):
        return 2.0


class OtherChance(Bridge):
    draws = itertools.count()

    def facts(self, seat):
        return {**super().facts(seat), "dice": next(self.draws)}

    def advance(self, actions):
        return {seat: float(next(self.draws)) for seat in actions}


class WorldOutside(Bridge):
    laid = 0

    def advance(self, actions):
        self.laid += 1
        return super().advance(actions)

    def facts(self, seat):
        return {**super().facts(seat), "outside": self.laid}


class SharedCopy(Bridge):
    def __deepcopy__(self, memo):
        return self


class Blank(Bridge):
    def frame(self):
        return np.zeros((4, 4, 3), np.uint8)


class Boastful(Bridge):
    def security(self, seat):
        return Security(5.0, "rest")


class PoorPlan(Bridge):
    def plan(self):
        return dict.fromkeys(self.seats, ("rest",))


class InfiniteWorth(Bridge):
    def oracle(self):
        return CountWorth((self.seats,), lambda counts: np.full(len(counts), np.inf))


class StillAll(Bridge):
    def restrict(self, seats):
        return self.only(self.seats)


class WrongReplay(Bridge):
    def replay_oracle(self, history):
        return CountWorth((self.seats,), lambda counts: counts[:, 0] * 7.0)


@pytest.mark.parametrize(
    ("check", "game", "sentence"),
    [
        ("declarations_agree", Nameless, "has no name"),
        ("declarations_agree", NoGoal, "the goal 'finished' is none of"),
        ("facts_and_masks_agree", TuplesAsFacts, "do not come back from JSON"),
        ("facts_and_masks_agree", OffSchedule, "which its schedule does not offer"),
        ("facts_and_masks_agree", UnknownAction, "unknown action 'swim'"),
        ("facts_and_masks_agree", UnknownOutcome, "'flooded'.* no possible_outcomes"),
        (
            "statements_match_their_kinds",
            StepRewardTooLarge,
            "float 2.0; it returns a number from -1 to 1",
        ),
        ("same_seed_same_episode", OtherChance, "draw all chance from self.rng"),
        ("moments_come_back", WorldOutside, "preview.. changed the game"),
        ("copies_go_on", SharedCopy, "a play of its copy moved the game"),
        ("pictures_are_drawn", Blank, "of one colour"),
        ("security_holds", Boastful, "but security.. promises 5.0"),
        ("plan_reaches_worth", PoorPlan, "plan.. earns 0"),
        ("plan_reaches_worth", InfiniteWorth, "both must be finite"),
        ("removal_is_played", StillAll, "has the seats"),
        ("replay_is_replay", WrongReplay, "when its actions are played again"),
    ],
)
def test_a_game_that_breaks_the_contract_is_told_how(check, game, sentence):
    with pytest.raises((AssertionError, GameError), match=sentence):
        CHECK[check](game)


def test_every_check_says_in_one_sentence_what_a_game_must_keep():
    for check in CHECKS:
        first = check.__doc__.split("\n\n")[0]
        assert first.endswith("."), check.__name__


def test_the_contract_needs_no_test_framework_and_no_assert_statement():
    for path in (ROOT / "shapley_coop/interfaces/contract").glob("*.py"):
        assert not any(name.startswith("pytest") for name in imports(path))
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree))
