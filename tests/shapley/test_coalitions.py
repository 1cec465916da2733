"""Lists of all coalitions: every list runs in the order of the masks."""

import numpy as np
import pytest

from shapley_coop.shapley.coalitions import (
    Members,
    all_coalitions,
    all_counts,
    coalition_sizes,
    count_blocks,
    mask_of,
    membership,
    named_coalitions,
    player_bits,
    players,
    subset_sums,
    table_indices,
    to_masks,
    to_matrix,
)


@pytest.mark.parametrize("n", [0, 1, 2, 5, 9])
def test_every_list_of_coalitions_runs_in_the_order_of_the_masks(n):
    masks = list(range(2**n))
    matrix = all_coalitions(n)
    assert matrix.shape == (2**n, n)
    assert to_masks(matrix) == masks
    assert table_indices(matrix).tolist() == masks
    assert subset_sums(player_bits(n)).tolist() == masks
    assert coalition_sizes(n).tolist() == matrix.sum(axis=1).tolist()
    names = [f"seat {i}" for i in range(n)]
    for mask, coalition in zip(masks, named_coalitions(names), strict=True):
        assert coalition == {names[i] for i in players(mask)}


def test_matrices_and_masks_of_any_size_name_the_same_players():
    rng = np.random.default_rng(0)
    for n in (1, 8, 9, 63, 64, 200):
        matrix = rng.integers(0, 2, (20, n)).astype(bool)
        masks = to_masks(matrix)
        assert (to_matrix(masks, n) == matrix).all()
        assert [mask_of(np.flatnonzero(row).tolist()) for row in matrix] == masks
        if n < 63:
            assert (membership(np.array(masks), n) == matrix).all()


def test_members_are_the_players_of_a_mask():
    for n in (1, 8, 9, 64, 200):
        members = Members(n)
        for mask in {0, 1, 2**n - 1, 2 ** (n - 1), 0x123456789ABCDEF % 2**n}:
            assert members(mask) == frozenset(players(mask))


def test_sums_of_payoffs_are_the_payoffs_of_coalitions():
    payoff = np.array([1.0, 10.0, 100.0])
    assert subset_sums(payoff).tolist() == [0, 1, 10, 11, 100, 101, 110, 111]


def test_counts_run_with_the_last_type_fastest_and_in_blocks():
    counts = all_counts([1, 2])
    assert counts.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    blocks = [block.tolist() for block in count_blocks([1, 2], 4)]
    assert blocks == [counts[:4].tolist(), counts[4:].tolist()]
    assert all_counts([]).shape == (1, 0)


@pytest.mark.parametrize("members", [[-1], [0, 2, 0]])
def test_a_player_is_there_once_or_not(members):
    with pytest.raises(ValueError, match="negative or named twice"):
        mask_of(members)
