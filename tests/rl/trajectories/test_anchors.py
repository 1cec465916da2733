"""Equal and similar states: keys of any plain data, and texts compared either way round."""

import difflib
import itertools

import numpy as np
import pytest
import torch

from shapley_coop.rl.trajectories.anchors import exact_groups, similar_groups, state_key

APART = [
    {1: "x"},
    {"1": "x"},
    {1: "x", "1": [2]},
    [],
    {},
    1,
    True,
    1.0,
    "1",
    None,
    [1, [2]],
    [1, 2],
    np.array([[0, 1], [2, 3]]),
    np.array([[0, 1, 2, 3]]),
    np.array([1, "a"], dtype=object),
    np.array([True, "a"], dtype=object),
]


def test_states_of_other_content_type_or_shape_have_other_keys() -> None:
    for one, other in itertools.combinations(APART, 2):
        assert state_key(one) != state_key(other), (one, other)


def test_equal_states_have_equal_keys() -> None:
    assert state_key({"a": 1, "b": [2]}) == state_key({"b": [2], "a": 1})
    assert state_key({1: 2, "x": 3}) == state_key({"x": 3, 1: 2})
    assert state_key(np.int64(3)) == state_key(3)
    assert len({state_key(state) for state in [*APART, *APART]}) == len(APART)
    with pytest.raises(TypeError, match="set"):
        state_key({1, 2})


def test_the_reference_flattens_arrays_and_takes_names_for_text() -> None:
    square, row = np.array([[0, 1], [2, 3]]), np.array([[0, 1, 2, 3]])
    assert state_key(square, reference=True) == state_key(row, reference=True)
    assert state_key({1: "x"}, reference=True) == state_key({"1": "x"}, reference=True)
    mixed = {1: "x", "1": [2]}
    assert state_key(mixed, reference=True) == (("1", "x"), ("1", (2,)))


def test_similarity_depends_on_the_order_of_rows() -> None:
    cohort = torch.zeros(3, dtype=torch.long)
    texts = ["aaaa aaaa", "aaaa bbbb", "cccc bbbb"]
    assert similar_groups(cohort, texts, 0.5).tolist() == [0, 0, 1]
    assert similar_groups(cohort, texts[::-1], 0.5).tolist() == [0, 0, 1]
    assert similar_groups(torch.tensor([0, 1, 1]), texts, 0.5).tolist() == [0, 1, 1]
    with pytest.raises(ValueError, match=r"\[0, 1\], got 2"):
        similar_groups(cohort, texts, 2)


def alike(one: str, other: str, *, reference: bool = False) -> bool:
    two = torch.zeros(2, dtype=torch.long)
    groups = similar_groups(two, [one, other], 0.9, reference=reference)
    return groups.tolist() == [0, 0]


def test_long_texts_that_nearly_agree_are_alike() -> None:
    letters = np.random.default_rng(0).choice(list("abcdefgh"), 400)
    text = "".join(letters)
    near = text[:150] + "?" + text[151:]
    assert difflib.SequenceMatcher(None, text, near, autojunk=False).ratio() > 0.99
    assert alike(text, near)
    # Every character is frequent, so the published code takes all of them for junk.
    assert not alike(text, near, reference=True)


def test_two_texts_are_alike_either_way_round() -> None:
    rng = np.random.default_rng(0)
    differ = 0
    for _ in range(300):
        one, other = ("".join(rng.choice(list("ab"), 12)) for _ in range(2))
        threshold_ratios = [
            difflib.SequenceMatcher(None, *pair, autojunk=False).ratio()
            for pair in ((one, other), (other, one))
        ]
        differ += threshold_ratios[0] != threshold_ratios[1]
        two = torch.zeros(2, dtype=torch.long)
        threshold = max(threshold_ratios)
        there = similar_groups(two, [one, other], threshold)
        back = similar_groups(two, [other, one], threshold)
        assert there.tolist() == back.tolist()
    # difflib's own ratio depends on the order of the two.
    assert differ > 10


def test_exact_groups_of_nothing() -> None:
    empty = torch.zeros(0, dtype=torch.long)
    assert exact_groups(empty, empty).tolist() == []


def test_exact_groups_keep_cohorts_and_rows_without_anchor_apart() -> None:
    cohort = torch.tensor([0, 0, 1, 1, 1, 0])
    anchor = torch.tensor([5, 5, 5, -1, -1, 2**62])
    groups = exact_groups(cohort, anchor).tolist()
    assert groups[0] == groups[1]
    assert len(set(groups)) == 5
