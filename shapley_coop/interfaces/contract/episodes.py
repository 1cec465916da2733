"""Checks of what a game declares and of every step of its episodes."""

from __future__ import annotations

import json
import warnings

import numpy as np

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.contract.plays import (
    Factory,
    play,
    require,
    walk,
)
from shapley_coop.interfaces.deals.schedule import actions_at
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat
from shapley_coop.records.statements import parse_statements

# What PettingZoo's api_test remarks on every observation that is a dict with an action mask, and
# on seats whose names carry no number.
REMARKS = (
    "Observation is not a NumPy array",
    "Observation space for each agent probably",
    "We recommend agents to be named",
)


def pettingzoo_suites(make: Factory) -> None:
    """The game passes the four suites of PettingZoo.

    Whether their warnings count as failures is decided by the caller's warning filters.
    """
    # PettingZoo's suites import a game of its own by a path that it has deprecated.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from pettingzoo.test import (
            api_test,
            parallel_api_test,
            parallel_seed_test,
            seed_test,
        )

    with warnings.catch_warnings():
        parallel_api_test(make(), num_cycles=100)
        parallel_seed_test(make, num_cycles=100)
        for remark in REMARKS:
            warnings.filterwarnings("ignore", message=remark)
        api_test(make().aec_env(), num_cycles=100)
        seed_test(lambda: make().aec_env(), num_cycles=100)


def declarations_agree(make: Factory) -> None:
    """Names, outcomes and absence rules agree with each other."""
    game = make()
    removes = game.restrict(game.seats) is not None
    require(bool(game.name), f"{type(game).__name__} has no name")
    require(
        game.name == type(game).name,
        f"name is {game.name!r}, but {type(game).name!r} in the class",
    )
    _require_distinct(game, "actions", game.actions, 2)
    _require_distinct(game, "seats", game.seats, 1)
    require(
        game.goal in game.possible_outcomes(),
        f"{game.name}: the goal {game.goal!r} is none of possible_outcomes()",
    )
    require(game.horizon >= 1, f"{game.name}: horizon is {game.horizon}, not 1 or more")
    require(bool(game.absences), f"{game.name}: absences is empty")
    require(
        ("idle" in game.absences) == (game.idle is not None),
        f"{game.name}: 'idle' in absences and an idle action go together",
    )
    require(
        ("removed" in game.absences) == removes,
        f"{game.name}: 'removed' in absences and restrict() go together",
    )
    assumed = game.oracle_absence
    require(
        assumed in (None, "worst-reply", *game.absences),
        f"{game.name}: its oracle assumes {assumed!r} of absent seats, which is none of "
        f"absences and no 'worst-reply'",
    )
    require(
        game.idle is None or game.idle in game.actions,
        f"{game.name}: idle is {game.idle!r}, which is no action",
    )
    try:
        game.apply(dict.fromkeys(game.seats, "no such action"))
    except IllegalMove:
        return
    raise AssertionError(f"{game.name}: apply() took an action that does not exist")


def _require_distinct(
    game: Game, field: str, names: tuple[str, ...], least: int
) -> None:
    require(
        len(set(names)) == len(names) >= least,
        f"{game.name}: {field} are {names}; there must be {least} or more, all different",
    )


def facts_and_masks_agree(make: Factory) -> None:
    """At every step facts are JSON, actions exist, masks match `legal`, outcomes are known."""
    for seed in range(3):
        for game in walk(make(), seed):
            surplus = game.outcomes() - set(game.possible_outcomes())
            require(
                not surplus,
                f"{game.name}: {sorted(surplus)} hold but are no possible_outcomes()",
            )
            for seat in game.agents:
                _check_facts(game, seat)
                _check_mask(game, seat)


def _check_facts(game: Game, seat: Seat) -> None:
    # Facts are written to run folders and prompts, where a tuple comes back as a list.
    facts = game.facts(seat)
    back = json.loads(json.dumps(facts, allow_nan=False))
    require(
        back == facts,
        f"{game.name}: facts({seat!r}) do not come back from JSON as they were",
    )


def _check_mask(game: Game, seat: Seat) -> None:
    # Learners go by the mask and agents by the names, and both must mean the same.
    legal = set(game.legal(seat))
    require(
        bool(legal) and legal <= set(game.actions),
        f"{game.name}: legal({seat!r}) is {sorted(legal)}; "
        "it must hold one action or more, and only known ones",
    )
    surplus = legal - set(actions_at(game.schedule, game.actions, seat, game.clock))
    require(
        not surplus,
        f"{game.name}: legal({seat!r}) allows {sorted(surplus)} at step {game.clock}, which its "
        "schedule does not offer then",
    )
    observation = game.observe(seat)
    require(
        game.observation_space(seat).contains(observation),
        f"{game.name}: observe({seat!r}) is outside of observation_space({seat!r})",
    )
    mask = observation["action_mask"].tolist()
    pairs = zip(game.actions, mask, strict=True)
    unmasked = {action for action, bit in pairs if bit}
    require(
        unmasked == legal,
        f"{game.name}: the mask of {seat} allows {sorted(unmasked)}, "
        f"legal() allows {sorted(legal)}",
    )
    require(
        game.fallback(seat) in legal,
        f"{game.name}: fallback({seat!r}) is not legal",
    )


def statements_match_their_kinds(make: Factory) -> None:
    """At every step each statement is of a kind that the game names, with its fields.

    A game without kinds makes no statements. A rule that judges steps gives numbers in [-1, 1].
    """
    for seed in range(3):
        for game in walk(make(), seed):
            names = [kind.name for kind in game.statement_kinds()]
            require(
                len(set(names)) == len(names),
                f"{game.name}: statement_kinds() names a kind twice: {names}",
            )
            for seat in game.seats:
                _check_statements(game, seat)
            for seat in game.agents:
                _check_step_rewards(game, seat)


def _check_statements(game: Game, seat: Seat) -> None:
    # What the game states must be what a seat could have stated, so it takes the same way.
    kinds = game.statement_kinds()
    statements = game.statements(seat)
    plain = [{"kind": one.kind, "fields": dict(one.fields)} for one in statements]
    try:
        back = parse_statements(plain, kinds)
    except ValueError as error:
        raise AssertionError(f"{game.name}: statements({seat!r}): {error}") from error
    require(
        back == statements,
        f"{game.name}: statements({seat!r}) do not come back from JSON as they were",
    )
    for kind in kinds:
        count = sum(one.kind == kind.name for one in statements)
        require(
            count <= kind.most,
            f"{game.name}: {count} statements of kind {kind.name!r} hold for {seat}, "
            f"at most {kind.most} can",
        )


def _check_step_rewards(game: Game, seat: Seat) -> None:
    for action in game.legal(seat):
        reward = game.step_reward(seat, action)
        require(
            reward is None or -1 <= reward <= 1,
            f"{game.name}: step_reward({seat!r}, {action!r}) is {reward}, not in [-1, 1]",
        )


def same_seed_same_episode(make: Factory) -> None:
    """One seed and one line of play give one episode."""
    first, second = play(make(), 7), play(make(), 7)
    require(
        first == second,
        f"{make().name}: two plays of the same actions under one seed differ; "
        "draw all chance from self.rng",
    )


def pictures_are_drawn(make: Factory) -> None:
    """Every moment renders as text and as pixels. Without a mode nothing is rendered."""
    require(
        make().render() is None, f"{make().name}: render() without a mode is not None"
    )
    for game in walk(make(render_mode="ansi"), 0):
        _check_text(game.name, game.render())
    for game in walk(make(render_mode="rgb_array"), 0):
        _check_pixels(game.name, game.render())


def _check_text(name: str, text: object) -> None:
    if not isinstance(text, str):
        raise AssertionError(f"{name}: render() as ansi is {type(text)}, not text")
    require(bool(text.strip()), f"{name}: the picture is empty")
    clean = [line.rstrip() for line in text.splitlines()]
    require(
        clean == text.splitlines(),
        f"{name}: lines of the picture end with spaces",
    )


def _check_pixels(name: str, pixels: object) -> None:
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise AssertionError(f"{name}: frame() is no array of uint8")
    require(
        pixels.ndim == 3 and pixels.shape[2] == 3,
        f"{name}: frame() has the shape {pixels.shape}, not (height, width, 3)",
    )
    require(
        bool(pixels.min() < pixels.max()),
        f"{name}: frame() is of one colour",
    )
