"""The comparison of credit methods: all are trained, and a measurement is continued."""

import json

from benchmarks.rl.credits import (
    METHODS,
    ROOMS,
    credit_courses,
    credit_figures,
    credit_table,
    total_after,
)
from benchmarks.rl.measurements import measure_all

HOW = {"horizon": 5}


def test_each_method_is_trained_and_a_measurement_is_continued(tmp_path):
    out = tmp_path / "credits.jsonl"
    first = measure_all(credit_courses(1, 16), credit_figures, out, HOW)
    assert [row["credit"] for row in first] == list(METHODS) * len(ROOMS)
    # What the file holds is believed, so nothing is trained again.
    changed = [row | {"seconds": 7.0} for row in first]
    out.write_text("".join(json.dumps(row) + "\n" for row in changed))
    again = measure_all(credit_courses(1, 16), credit_figures, out, HOW)
    assert {row["seconds"] for row in again} == {7.0}
    # Rows that were measured otherwise are no rows of this measurement.
    (other, *_rest) = credit_courses(1, 16)
    fresh = measure_all([other], credit_figures, out, {"horizon": 3})
    assert fresh[0]["seconds"] != 7.0
    lines = list(credit_table(again))
    assert len(lines) == 2 + len(METHODS) * len(ROOMS)
    for row in again:
        best = 10 * (row["seats"] - row["levers"]) - row["levers"]
        assert total_after(row, 1.0) <= best


def test_a_curve_is_read_at_the_update_that_ends_a_part():
    row = {"episodes": 128, "curve": [[64, 1.0], [128, 2.0]]}
    assert total_after(row, 0.5) == 1.0
    assert total_after(row, 0.75) == 2.0
    assert total_after(row, 1.0) == 2.0
