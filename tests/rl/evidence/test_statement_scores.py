"""World-model reward: typed facts, free text through a judge, tags, format and repetition."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapley_coop.agents.llm.reasoning_tags import parse_tags
from shapley_coop.records.statements import Statement, Thought
from shapley_coop.rl.evidence.statement_scores import (
    Repetition,
    StatementRule,
    TurnClaims,
    WorldModelWeights,
    statement_f1,
    statements_score,
    world_model_reward,
)
from shapley_coop.rl.evidence.world_model import (
    Witness,
    WorldModelPay,
    world_model_rewards,
)
from shapley_coop.rl.trajectories.episodes import Turn
from tests.golden.credit.vagen import FROZEN_LAKE, SOKOBAN

BEFORE = [
    Statement("monster", {"cell": 3, "alive": True}),
    Statement("chest", {"cell": 5}),
]
AFTER = [
    Statement("monster", {"cell": 4, "alive": True}),
    Statement("chest", {"cell": 5}),
]
Small = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4)


def facts(pairs: list[tuple[int, int]]) -> list[Statement]:
    return [Statement("thing", {"x": x, "y": y}) for x, y in pairs]


@settings(deadline=None)
@given(Small, Small)
def test_f1_uses_the_best_assignment(
    truth: list[tuple[int, int]], said: list[tuple[int, int]]
):
    best = 0.0
    few, many = sorted([truth, said], key=len)
    for order in itertools.permutations(many, len(few)):
        matched = (
            sum((a == c) + (b == d) for (a, b), (c, d) in zip(few, order, strict=True))
            / 2
        )
        best = max(best, matched)
    expected = 2 * best / (len(truth) + len(said)) if truth and said else 0.0
    assert statement_f1(facts(truth), facts(said)) == pytest.approx(expected)


def test_a_greedy_match_would_lose() -> None:
    truth = facts([(0, 0), (0, 1)])
    said = facts([(0, 1), (2, 0)])
    assert statement_f1(truth, said) == pytest.approx(0.75)


def test_silence_about_nothing_is_right_and_sokoban_says_it_is_wrong() -> None:
    assert statements_score([], None, StatementRule()) == 1.0
    assert statements_score([], [], FROZEN_LAKE) == 1.0
    assert statements_score([], [], SOKOBAN) == 0.0
    assert statements_score(BEFORE, None, StatementRule()) == 0.0


def test_each_mode_pays_its_own_fields() -> None:
    claims = TurnClaims(BEFORE, AFTER)

    def paid(mode: str, *, well_formed: bool = True) -> float:
        return world_model_reward(
            claims, BEFORE, AFTER, StatementRule(), mode, well_formed=well_formed
        )

    assert [
        paid(m) for m in ("free", "none", "state", "transition", "world-model")
    ] == [
        0.0,
        0.0,
        0.5,
        0.5,
        1.0,
    ]
    assert paid("world-model", well_formed=False) == 0.0


def test_a_prediction_is_compared_with_the_state_after_the_turn() -> None:
    stale = world_model_reward(
        TurnClaims(prediction=BEFORE),
        BEFORE,
        AFTER,
        StatementRule(),
        "transition",
        well_formed=True,
    )
    assert stale == pytest.approx(0.5 * (0.5 * 0.5 + 0.5 * 1.0))


def test_text_needs_a_judge() -> None:
    claims = TurnClaims("the chest is on 5")

    def paid(judge: object) -> float:
        return world_model_reward(
            claims,
            BEFORE,
            AFTER,
            StatementRule(),
            "state",
            well_formed=True,
            judge=judge,
        )

    assert paid(lambda text, truth: float("chest" in text and truth == BEFORE)) == 0.5
    with pytest.raises(ValueError, match="free text: give typed facts or a judge"):
        paid(None)
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got 3"):
        paid(lambda *_: 3)


def test_repetition_costs_only_when_frequent_and_wrong() -> None:
    memory = Repetition(memory=3)
    memory.add(["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"])
    assert memory.penalty("a", 0.2, top=2) == 0.1
    assert memory.penalty("a", 0.9, top=2) == 0.0
    assert memory.penalty("c", 0.2, top=2) == 0.0
    assert memory.penalty("d", 0.0, top=5) == 0.0
    assert memory.penalty("a", 0.4, threshold=0.35) == 0.0


WORLD = (
    "<think><observation>o</observation><reasoning>r</reasoning>"
    "<prediction>p</prediction></think><answer>Up, Left</answer>"
)


def test_tags_are_read() -> None:
    reply = parse_tags(f" {WORLD}\n", "world-model")
    assert reply.well_formed
    assert reply.actions == ("Up", "Left")
    assert (reply.observation, reply.reasoning, reply.prediction) == ("o", "r", "p")


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("<think>a</think><answer>Up</answer><answer>Down</answer>", "free"),
        ("<answer>Up</answer><answer>Down</answer>", "none"),
        (f"well: {WORLD}", "world-model"),
        (f"{WORLD}{WORLD}", "world-model"),
        (WORLD, "free"),
        ("<think>a</think><answer>a,b,c,d</answer>", "free"),
    ],
)
def test_an_ambiguous_reply_yields_no_action_unlike_the_reference(
    text: str, mode: str
) -> None:
    assert parse_tags(text, mode).actions == ()
    assert not parse_tags(text, mode).well_formed
    assert parse_tags(text, mode, reference=True).actions != ()


def test_a_mode_of_tags_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="mode 'loud' is unknown"):
        parse_tags(WORLD, "loud")


def test_text_full_of_tags_is_refused_at_once() -> None:
    pairs = "<observation>a</observation><reasoning>b</reasoning>" * 3000
    for mode in ("free", "state", "transition", "world-model"):
        assert not parse_tags(f"<think>{pairs}", mode).well_formed
        assert not parse_tags("<think>" * 30000, mode).well_formed


def test_the_sokoban_charge_is_subtracted_from_the_score() -> None:
    """One of two kinds is right, so that a charged score is neither -0.1 nor 0."""
    truth = [Statement("target", {"row": 1}), Statement("box", {"row": 2})]
    told = [Statement("target", {"row": 1})]
    score = statements_score(truth, told, SOKOBAN)
    memory = Repetition()
    memory.add(["the target is above me"] * 2)
    charged = memory.penalty("the target is above me", score)
    assert (score, charged) == (0.5, 0.1)
    assert score - charged == pytest.approx(0.4)
    pay = WorldModelPay(rule=SOKOBAN, weights=WorldModelWeights(0.5, 0.5))
    turns = [Turn(0, "a", 0), Turn(1, "a", 0)]
    thought = Thought(reasoning="state", state=tuple(told))
    seen = Witness(tuple(truth), tuple(truth))
    paid = world_model_rewards(
        turns, dict.fromkeys(turns, thought), dict.fromkeys(turns, seen), pay
    )
    for turn in turns:
        assert paid[turn].penalty == 0.1
        assert paid[turn].total == pytest.approx(0.5 + 0.5 * 0.5 - 0.1)


@pytest.mark.parametrize("present_only", [True, False])
@pytest.mark.parametrize(
    "weights", [{}, {"monster": 1.0, "chest": 1.0}, {"monster": 30.0, "chest": 10.0}]
)
def test_what_is_all_right_scores_one(
    weights: dict[str, float], present_only: bool
) -> None:
    rule = StatementRule(weights, present_only=present_only)
    assert statements_score(BEFORE, BEFORE, rule) == pytest.approx(1.0)


def test_weights_that_are_no_shares_are_refused() -> None:
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"weight of 'chest' is {weight}"):
            StatementRule({"chest": weight})
