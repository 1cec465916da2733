"""Tasks: how long they take to make, and how many faults their hidden tests catch."""

from __future__ import annotations

from time import perf_counter

import numpy as np

from swe_sim.judge import Judge
from swe_sim.tasks import listing, task
from swe_sim.tasks.mutants import KINDS, draw_mutants

FAULTS = 5
"""Faults that each task is tried with."""


def generation() -> str:
    """Return how long the listing and the making of all listed tasks take."""
    began = perf_counter()
    rows = listing()
    listed = perf_counter() - began
    task.cache_clear()
    seconds = []
    for row in rows:
        began = perf_counter()
        task(row["id"])
        seconds.append(perf_counter() - began)
    held_out = sum(row["held_out"] for row in rows)
    return (
        f"tasks: {len(rows)} listed in {1000 * listed:.1f} ms, {held_out} held out; made in "
        f"{1000 * np.mean(seconds):.0f} ms each, at most {1000 * max(seconds):.0f} ms"
    )


def mutants() -> str:
    """Return how many faults hidden tests catch, of 5 in the reference of each task, by kind."""
    caught = dict.fromkeys(KINDS, 0)
    tried = dict.fromkeys(KINDS, 0)
    names = [row["id"] for row in listing() if not row["impossible"]]
    rng = np.random.default_rng(0)
    kinds = tuple(KINDS)
    began = perf_counter()
    with Judge() as judge:
        for name in names:
            made = task(name)
            # Each task begins with another kind, so that all kinds come as often as they can.
            order = tuple(kinds[place] for place in rng.permutation(len(kinds)))
            for fault in draw_mutants(made.solution, FAULTS, rng, order):
                verdict = judge.rate(fault.tree, made.tests, expected=made.expected)
                tried[fault.kind] += 1
                caught[fault.kind] += verdict.rate < 1
    total, hits = sum(tried.values()), sum(caught.values())
    by_kind = ", ".join(f"{kind} {caught[kind]}/{tried[kind]}" for kind in KINDS)
    return (
        f"mutants: {hits} of {total} faults in {len(names)} tasks are caught "
        f"({hits / total:.1%}): {by_kind}; {perf_counter() - began:.0f} s"
    )
