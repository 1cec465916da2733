"""Generated games in which one planted turn decides the outcome. Exact values by recursion."""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator, SeedSequence, default_rng


@dataclass
class PivotalGame:
    """Two seats move in turn, 0 or 1, among 2 x `width` cells. The last cell decides the outcome.

    Before the pivotal turn all play is on the bad side; at that turn a move of 1 crosses to the
    good side for ever. Other moves go to random cells of the same side. The outcome is 1 with a
    chance near 0.9 on the good side and near 0.1 on the bad, a little different in each cell.
    """

    rng: Generator
    turns: int = 8
    width: int = 3
    pivot: int = field(init=False)
    go_TCA: np.ndarray = field(init=False)
    chance_C: np.ndarray = field(init=False)
    value_TC: np.ndarray = field(init=False)
    turn: int = 0
    cell: int = 0

    def __post_init__(self) -> None:
        cells = 2 * self.width
        self.pivot = int(self.rng.integers(1, self.turns - 1))
        side = np.arange(cells) // self.width
        inner = self.rng.integers(0, self.width, (self.turns, cells, 2))
        self.go_TCA = side[None, :, None] * self.width + inner
        self.go_TCA[self.pivot, side == 0, 1] += self.width
        base = np.where(side == 1, 0.9, 0.1)
        self.chance_C = base + self.rng.uniform(-0.1, 0.1, cells)
        self.value_TC = self.values(np.full((self.turns, 2), 0.5))

    def values(self, policy_TA: np.ndarray) -> np.ndarray:
        """Expected outcome of every cell before every turn, and at the end: [T+1, C]."""
        value = np.zeros((self.turns + 1, len(self.chance_C)))
        value[-1] = self.chance_C
        for t in range(self.turns - 1, -1, -1):
            value[t] = (value[t + 1][self.go_TCA[t]] * policy_TA[t]).sum(1)
        return value

    def snapshot(self) -> tuple[int, int]:
        return self.turn, self.cell

    def restore(self, state: object) -> None:
        assert isinstance(state, tuple)
        self.turn, self.cell = state

    def move(self, action: int) -> None:
        self.cell = int(self.go_TCA[self.turn, self.cell, action])
        self.turn += 1

    def finish(self, rng: Generator) -> float:
        while self.turn < self.turns:
            self.move(int(rng.integers(0, 2)))
        return float(rng.random() < self.chance_C[self.cell])

    def sampled_values(
        self, states: list[tuple[int, int]], rollouts: int, seed: SeedSequence
    ) -> list[float]:
        """Mean outcome of plays from each state, with the same draws at every state."""
        seeds = seed.spawn(rollouts)
        values = []
        for state in states:
            outcomes = []
            for play in seeds:
                self.restore(state)
                outcomes.append(self.finish(default_rng(play)))
            values.append(sum(outcomes) / rollouts)
        return values

    def coalition_value(
        self, actions: np.ndarray, steps: int, seats: tuple[int, ...]
    ) -> float:
        """v(S) of the first `steps` moves: members repeat them, all other moves are random."""
        policy = np.full((self.turns, 2), 0.5)
        for t in range(steps):
            if t % 2 in seats:
                policy[t] = np.eye(2)[actions[t]]
        return float(self.values(policy)[0, 0])
