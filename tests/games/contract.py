"""What every game must keep, as checks that take a factory; no game is excepted."""

from __future__ import annotations

import itertools
import json
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.game import CoalitionWorth, CountWorth, Game
from shapley_coop.records import Step
from shapley_coop.records.statements import typed_facts

with (
    warnings.catch_warnings()
):  # PettingZoo's suites import a game by its own deprecated path
    warnings.simplefilter("ignore", DeprecationWarning)
    from pettingzoo.test import (
        api_test,
        parallel_api_test,
        parallel_seed_test,
        seed_test,
    )

Factory = Callable[..., Game]

# What PettingZoo's api_test remarks on every observation that is a dict with an action mask.
DICT_REMARKS = (
    "Observation is not a NumPy array",
    "Observation space for each agent probably",
)


def pettingzoo_suites(make: Factory) -> None:
    """The four suites of PettingZoo, warnings being errors."""
    parallel_api_test(make(), num_cycles=100)
    parallel_seed_test(make, num_cycles=100)
    with warnings.catch_warnings():
        for remark in DICT_REMARKS:
            warnings.filterwarnings("ignore", message=remark)
        api_test(make().aec_env(), num_cycles=100)
        seed_test(lambda: make().aec_env(), num_cycles=100)


def declarations(make: Factory) -> None:
    """Names, outcomes and absence rules agree with each other."""
    game = make()
    assert game.name
    assert game.name == type(game).name
    assert len(set(game.actions)) == len(game.actions) >= 2
    assert len(set(game.seats)) == len(game.seats) >= 1
    assert game.goal in game.possible_outcomes()
    assert game.horizon >= 1
    assert game.absences
    assert ("idle" in game.absences) == (game.idle is not None)
    assert ("removed" in game.absences) == (game.restrict(game.seats) is not None)
    assert game.idle is None or game.idle in game.actions
    with pytest.raises(IllegalMove):
        game.apply(dict.fromkeys(game.seats, "no such action"))


def facts_and_masks(make: Factory) -> None:
    """At every step: facts are JSON, actions exist, masks match `legal`, outcomes are known."""
    for seed in range(3):
        for game in walk(make(), seed):
            assert game.outcomes() <= set(game.possible_outcomes())
            for seat in game.agents:
                facts = game.facts(seat)
                assert json.loads(json.dumps(facts, allow_nan=False)) == facts
                legal = game.legal(seat)
                assert legal
                assert set(legal) <= set(game.actions)
                observation = game.observe(seat)
                assert game.observation_space(seat).contains(observation)
                mask = observation["action_mask"].astype(bool)
                assert {
                    a for a, open_ in zip(game.actions, mask, strict=True) if open_
                } == set(legal)
                assert game.fallback(seat) in legal


def typed_facts_are_of_their_kinds(make: Factory) -> None:
    """At every step and to every seat: each fact is of a kind that the game names, with its fields.

    A game without kinds tells none. A rule that judges steps gives numbers in [-1, 1].
    """
    for seed in range(3):
        for game in walk(make(), seed):
            kinds = game.statement_kinds()
            assert len({kind.name for kind in kinds}) == len(kinds)
            for seat in game.seats:
                told = game.statements(seat)
                plain = [
                    {"kind": fact.kind, "fields": dict(fact.fields)} for fact in told
                ]
                assert typed_facts(plain, kinds) == told
                for kind in kinds:
                    assert sum(fact.kind == kind.name for fact in told) <= kind.most
            for seat in game.agents:
                judged = [game.step_reward(seat, action) for action in game.legal(seat)]
                assert all(right is None or -1 <= right <= 1 for right in judged)


def same_seed_same_episode(make: Factory) -> None:
    """One seed and one line of play give one episode."""
    lines = [[step.model_dump() for step in play(make(), 7)] for _ in range(2)]
    assert lines[0] == lines[1]


def moments(make: Factory) -> None:
    """A restored moment continues as it did, twice; a preview leaves no trace."""
    game = make()
    for _ in walk(game, 3):
        if not game.agents:
            break
        moment = game.snapshot()
        before = state(game)
        plan = {seat: (game.legal(seat)[-1],) for seat in game.agents}
        preview = game.preview(plan)
        assert state(game) == before
        assert game.preview(plan) == preview
        continued = finish(game, plan)
        game.restore(moment)
        assert state(game) == before
        assert finish(game, plan) == continued == list(preview.steps)
        game.restore(moment)
        assert state(game) == before
        for seat in game.seats:
            earned = sum(step.rewards.get(seat, 0.0) for step in preview.steps)
            assert preview.payoffs[seat] == pytest.approx(earned)


def pictures(make: Factory) -> None:
    """Every moment renders as text and as pixels; without a mode nothing is rendered."""
    assert make().render() is None
    for game in walk(make(render_mode="ansi"), 0):
        text = game.render()
        assert isinstance(text, str)
        assert text.strip()
        assert all(line == line.rstrip() for line in text.splitlines())
    for game in walk(make(render_mode="rgb_array"), 0):
        pixels = game.render()
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        assert pixels.min() < pixels.max()


def security_holds(make: Factory) -> None:
    """Repeating the secure action never pays less than its value, whatever others draw."""
    for seat in make().seats[:3]:
        for seed in range(10):
            game = make()
            game.start(seed)
            secure = game.security(seat)
            if secure is None:
                return
            rng = np.random.default_rng(seed)
            total = 0.0
            while game.agents:
                actions = {
                    other: str(rng.choice(game.legal(other))) for other in game.agents
                }
                own = game.security(seat)
                actions[seat] = own.action
                total += game.apply(actions).rewards[seat]
            assert total >= secure.value - 1e-9


def plan_reaches_worth(make: Factory) -> None:
    """The plan earns v(N) where the game knows both, and v(∅) is 0 or stated finite."""
    game = make()
    oracle, plan = game.oracle(), game.plan()
    if oracle is None:
        return
    full, empty = worth(oracle, game.seats), worth(oracle, ())
    assert np.isfinite([full, empty]).all()
    if plan is not None:
        assert sum(game.preview(plan).payoffs.values()) == pytest.approx(full, abs=1e-9)


def removal(make: Factory) -> None:
    """Where seats can be removed, every coalition plays, and its plan earns its worth."""
    game = make()
    if "removed" not in game.absences:
        return
    oracle = game.oracle()
    for coalition in coalitions(game.seats):
        smaller = game.restrict(coalition)
        assert smaller.seats == coalition
        assert {seat for step in play(smaller, 1) for seat in step.rewards} == set(
            coalition
        )
        smaller.start(0)
        plan = smaller.plan()
        if oracle is not None and plan is not None:
            earned = sum(smaller.preview(plan).payoffs.values())
            assert earned == pytest.approx(worth(oracle, coalition), abs=1e-9)


def replay_is_replay(make: Factory) -> None:
    """Closed-form replay equals playing the recorded actions again without the absent seats."""
    for seed in range(5):
        game = make()
        steps = play(game, seed)
        history = {
            seat: tuple(step.actions[seat] for step in steps if seat in step.actions)
            for seat in game.seats
        }
        closed = game.replay_oracle(history)
        if closed is None:
            return
        assert worth(closed, ()) == 0
        for coalition in coalitions(game.seats):
            again = game.restrict(coalition).preview({s: history[s] for s in coalition})
            assert worth(closed, coalition) == sum(again.payoffs.values())


CHECKS = (
    pettingzoo_suites,
    declarations,
    facts_and_masks,
    typed_facts_are_of_their_kinds,
    same_seed_same_episode,
    moments,
    pictures,
    security_holds,
    plan_reaches_worth,
    removal,
    replay_is_replay,
)


def walk(game: Game, seed: int) -> Iterator[Game]:
    """Yield the game at its opening and after every step of random legal play."""
    rng = np.random.default_rng(seed)
    game.start(seed)
    yield game
    while game.agents:
        game.apply({seat: str(rng.choice(game.legal(seat))) for seat in game.agents})
        yield game


def play(game: Game, seed: int) -> list[Step]:
    """Return the steps of random legal play."""
    rng = np.random.default_rng(seed)
    game.start(seed)
    steps = []
    while game.agents:
        steps.append(
            game.apply(
                {seat: str(rng.choice(game.legal(seat))) for seat in game.agents}
            )
        )
    return steps


def finish(game: Game, plan: dict[str, tuple[str, ...]]) -> list[Step]:
    """Return the steps to the end: the plan first, then fallbacks."""
    steps: list[Step] = []
    while game.agents:
        turn = len(steps)
        actions = {}
        for seat in game.agents:
            planned = plan[seat][turn] if turn < len(plan[seat]) else None
            usable = planned in game.legal(seat)
            actions[seat] = planned if usable else game.fallback(seat)
        steps.append(game.apply(actions))
    return steps


def state(game: Game) -> str:
    """Return all that can be seen of a moment, and the next draw of its dice."""
    seen = {seat: game.facts(seat) for seat in game.seats}
    dice = repr(game.rng.bit_generator.state)
    return json.dumps([seen, game.agents, game.clock, sorted(game.outcomes()), dice])


def coalitions(seats: tuple[str, ...], most: int = 6) -> list[tuple[str, ...]]:
    """Return every non-empty coalition of the first `most` seats, and the grand one."""
    few = seats[:most]
    sizes = range(1, len(few) + 1)
    found = [c for size in sizes for c in itertools.combinations(few, size)]
    return found if few == seats else [*found, seats]


def worth(oracle: CoalitionWorth | CountWorth, coalition: tuple[str, ...]) -> float:
    """Return v of one coalition from either form of characteristic function."""
    if isinstance(oracle, CountWorth):
        counts = [[len(set(kind) & set(coalition)) for kind in oracle.kinds]]
        return float(oracle.values(np.array(counts, np.int64))[0])
    return float(oracle.values(np.array([[s in coalition for s in oracle.seats]]))[0])
