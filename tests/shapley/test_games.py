"""Adapters from other shapes of a game, and what they refuse."""

import numpy as np
import pytest

from shapley_coop.shapley import from_sets, from_sparse, from_table, named_table
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.games import MissingValueError


def test_adapters_agree():
    table = np.random.default_rng(3).normal(size=2**5)
    z = to_matrix(range(32), 5)
    sets = {
        tuple(np.flatnonzero(row).tolist()): v for row, v in zip(z, table, strict=True)
    }
    assert from_table(table)(z).tolist() == table.tolist()
    assert from_sets(lambda s: sets[tuple(sorted(s))])(z) == table.tolist()
    assert from_sparse(sets)(z) == table.tolist()
    assert from_sparse({(0, 1): 2.0}, default=0.0)(z).count(2.0) == 1
    named = {frozenset("abcde"[i] for i in s): v for s, v in sets.items()}
    assert named_table("abcde", named).tolist() == table.tolist()


def test_bad_adapters_are_named():
    with pytest.raises(ValueError, match="named twice"):
        from_sparse({(0, 0): 1.0})
    with pytest.raises(ValueError, match="given twice"):
        from_sparse({(0, 1): 1.0, (1, 0): 2.0})
    with pytest.raises(MissingValueError, match=r"\[1\] has no value"):
        from_sparse({(0,): 1.0})(to_matrix([2], 2))
    with pytest.raises(ValueError, match="named twice: a"):
        named_table(["a", "a"], {})
    with pytest.raises(ValueError, match="names z"):
        named_table(["a"], {frozenset("z"): 1.0})
    with pytest.raises(ValueError, match="1 of 2 coalitions"):
        named_table(["a"], {frozenset(): 1.0})
