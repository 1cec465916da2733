"""Rows of tokens, and the batches that they make."""

import numpy as np
import pytest

from shapley_coop.rl.training.token_rows import TokenRows, batches, make_batch

ROWS = [([1, 2, 3], [4, 5]), ([6], [7, 8, 9]), ([10, 11], [12])]


def test_rows_are_kept_in_a_file(tmp_path):
    rows = TokenRows.of(ROWS)
    assert len(rows) == 3
    assert rows.lengths.tolist() == [5, 4, 3]
    rows.save(tmp_path / "rows.npz")
    again = TokenRows.load(tmp_path / "rows.npz")
    assert [again.row(i).tolist() for i in range(3)] == [p + a for p, a in ROWS]
    assert again.prompts.tolist() == [3, 1, 2]


def test_every_token_of_an_answer_is_foretold_by_the_one_before_it():
    batch = make_batch(TokenRows.of(ROWS), [0, 1, 2])
    assert batch.tokens.tolist() == [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 0],
        [10, 11, 12, 0, 0],
    ]
    flat = batch.tokens.ravel()
    assert flat[batch.positions].tolist() == [3, 4, 6, 7, 8, 11]
    assert batch.targets.tolist() == [4, 5, 7, 8, 9, 12]
    assert batch.count == 12


@pytest.mark.parametrize("most", [1, 40, 1000])
def test_a_pass_holds_every_row_once_and_no_batch_is_too_large(most):
    rng = np.random.default_rng(0)
    rows = TokenRows.of(
        [([number + 1] * int(rng.integers(1, 12)), [0]) for number in range(50)]
    )
    seen = []
    for batch in batches(rows, rng, most):
        seen += batch.tokens[:, 0].tolist()
        assert batch.tokens.size <= most or len(batch.tokens) == 1
    assert sorted(seen) == list(range(1, 51))


def test_equal_prompts_do_not_fill_whole_batches():
    # 40 rows of each of 50 prompts. Sorted as a whole, each batch would hold one prompt alone.
    rows = TokenRows.of([([n % 50 + 1] * (n % 50 + 1), [0]) for n in range(4000)])
    kinds = [
        len(set(batch.tokens[:, 0].tolist()))
        for batch in batches(rows, np.random.default_rng(0), 1000)
    ]
    assert np.mean(kinds) > 1.5
