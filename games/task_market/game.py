"""A market of tasks: one seat owns a project, others have the skills, and work costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from games.task_market.project import Schedule, best_schedule, generated, read
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.interfaces.game import CoalitionWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat


class Site(NamedTuple):
    """The steps left of every task, and which seat is at it (-1: nobody yet)."""

    left: tuple[int, ...]
    at: tuple[int, ...]


class TaskMarket(Game):
    """`member_0` is paid if all tasks are done by the deadline; who works bears the cost.

    In every step a seat idles or works at a task that it has the skill for and that waits for no
    other. A task has one worker, who finishes what it began; of two who begin the same one in the
    same step, the first in seat order gets it and the other has worked for nothing. So the owner
    has to subcontract: "I pay you p if you do task-2 at least 3 times".

    Args:
        seats: 2 to 12.
        difficulty: of a generated project: easy, medium or hard.
        instance: which of the generated projects.
        project: one of one's own instead: `tasks` (each with skill, duration, after: numbers of
            tasks), `workers` (each seat's cost a step by skill), `deadline` and `payoff`.
        links: pairs of seat numbers that can communicate; none: all can. Credit may then be
            measured as Myerson's value (`worth.communicating`).
    """

    name = "task-market"
    goal = "delivered"
    idle = "idle"
    absences = ("removed", "idle", "baseline", "swap")
    variants: ClassVar[tuple[Mapping[str, Any], ...]] = (
        {"seats": 2, "difficulty": "easy"},
        {"seats": 6, "difficulty": "hard", "instance": 2},
    )

    def __init__(
        self,
        seats: int = 4,
        difficulty: str = "medium",
        instance: int = 0,
        project: Mapping[str, Any] | None = None,
        links: Sequence[Sequence[int]] | None = None,
        *,
        render_mode: str | None = None,
    ) -> None:
        if project is not None:
            self.project = read(project)
        else:
            if whole(self.name, "seats", seats, 2) > 12:
                raise ConfigError(f"{self.name} has 2 to 12 seats, got seats={seats}")
            self.project = generated(
                difficulty, seats, whole(self.name, "instance", instance, 0)
            )
        self.roster = tuple(f"member_{i}" for i in range(len(self.project.workers)))
        self.actions = ("idle", *(f"task-{k}" for k in range(len(self.project.tasks))))
        self.horizon = self.project.deadline
        self.communication = None if links is None else _pairs(links, self.roster)
        self._schedules: dict[frozenset[int], Schedule | None] = {}
        super().__init__(self.roster, render_mode=render_mode)

    def begin(self) -> Site:
        """Return a site on which nothing is begun."""
        tasks = self.project.tasks
        return Site(tuple(task.duration for task in tasks), (-1,) * len(tasks))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Let everybody work, charge the work, and pay the owner when all is done."""
        left, at, rewards = list(self.world.left), list(self.world.at), {}
        for seat in self.possible_agents:
            task, worker = actions[seat] - 1, self.roster.index(seat)
            rewards[seat] = 0.0
            if task < 0:
                continue
            rewards[seat] = -self.project.workers[worker][
                self.project.tasks[task].skill
            ]
            if at[task] in (-1, worker):
                at[task] = worker
                left[task] -= 1
        self.world = Site(tuple(left), tuple(at))
        owner = self.roster[0]
        if not any(left) and owner in rewards:
            rewards[owner] += self.project.payoff
        return rewards

    def over(self) -> bool:
        """Return whether all is done, or the deadline is past."""
        return not any(self.world.left) or self.clock >= self.horizon

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return going on with a task begun; else idling, and the tasks that can be begun."""
        worker = self.roster.index(seat)
        left, at = self.world
        for k, name in enumerate(self.actions[1:]):
            if at[k] == worker and left[k]:
                return (name,)
        open_to = [
            self.actions[k + 1]
            for k, task in enumerate(self.project.tasks)
            if at[k] == -1
            and task.skill in self.project.workers[worker]
            and not any(left[before] for before in task.after)
        ]
        return ("idle", *open_to)

    def outcomes(self) -> frozenset[str]:
        """Return `delivered`, or `late` once the deadline is past."""
        if not any(self.world.left):
            return frozenset({"delivered"})
        return frozenset({"late"} if self.clock >= self.horizon else ())

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return ("delivered", "late")

    def facts(self, seat: Seat) -> Facts:
        """Return the project, who can do what at which cost, and how far the work is."""
        left, at = self.world
        facts: Facts = {
            "step": self.clock,
            "deadline": self.horizon,
            "payoff": self.project.payoff,
            "paid_to": self.roster[0],
            "tasks": {
                self.actions[k + 1]: {
                    "skill": task.skill,
                    "steps": task.duration,
                    "after": [self.actions[before + 1] for before in task.after],
                    "steps_left": left[k],
                    "worker": None if at[k] < 0 else self.roster[at[k]],
                }
                for k, task in enumerate(self.project.tasks)
            },
            "cost_a_step": {
                name: dict(self.project.workers[self.roster.index(name)])
                for name in self.possible_agents
            },
        }
        if self.communication is not None:
            facts["can_talk"] = [list(pair) for pair in self.communication]
        return facts

    def step_reward(self, seat: Seat, action: str) -> float:
        """Return 1 for work that the best schedule gives the seat, -1 for work that it does not.

        Idling is 1 where none of that work is open, 0 where it waits. A step without a choice is 1.
        """
        legal = self.legal(seat)
        if len(legal) == 1:
            return 1.0
        _, schedule = self._gain(self.possible_agents)
        worker = self.roster.index(seat)
        jobs = schedule.jobs if schedule else ()
        own = {self.actions[task + 1] for task, by, _ in jobs if by == worker}
        if action == "idle":
            return 0.0 if own & set(legal) else 1.0
        return 1.0 if action in own else -1.0

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return steps left, the own number, and a task: steps left, own cost, who is at it."""
        worker = self.roster.index(seat)
        costs = self.project.workers[worker]
        rows = [
            (steps, costs.get(task.skill, -1.0), at)
            for steps, at, task in zip(*self.world, self.project.tasks, strict=True)
        ]
        head = [1 - self.clock / self.horizon, worker]
        return np.array([*head, *np.ravel(rows)], np.float32)

    def restrict(self, seats: Sequence[Seat]) -> TaskMarket:
        """Return the same project with only `seats` to work on it."""
        return self.only(seats)

    def oracle(self) -> CoalitionWorth:
        """Return v(S) = payoff - cost of the best schedule of S, or 0; 0 without the owner."""

        def value(row: list[bool]) -> float:
            inside = [
                s for s, there in zip(self.possible_agents, row, strict=True) if there
            ]
            return self._gain(inside)[0]

        return CoalitionWorth(
            self.seats,
            lambda members: np.array([value(row) for row in members.tolist()]),
        )

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return the best schedule, or all idle where it does not pay."""
        _, schedule = self._gain(self.possible_agents)
        lines = {seat: ["idle"] * self.horizon for seat in self.possible_agents}
        for task, worker, start in schedule.jobs if schedule else ():
            for step in range(self.project.tasks[task].duration):
                lines[self.roster[worker]][start + step] = self.actions[task + 1]
        return {seat: tuple(line) for seat, line in lines.items()}

    def security(self, seat: Seat) -> Security:
        """Return idling, or going on with what was begun at its cost."""
        action = self.legal(seat)[0]
        if action == "idle":
            return Security(0.0, "idle")
        task = self.index[action] - 1
        cost = self.project.workers[self.roster.index(seat)][
            self.project.tasks[task].skill
        ]
        return Security(
            -cost * min(self.world.left[task], self.horizon - self.clock), action
        )

    def picture(self) -> str:
        """Return every task with its progress and its worker."""
        lines = [f"{self.name}, {self.clock} of {self.horizon} steps worked"]
        for name, task in self.facts(self.seats[0])["tasks"].items():
            done = "#" * (task["steps"] - task["steps_left"]) + "." * task["steps_left"]
            after = f" after {', '.join(task['after'])}" if task["after"] else ""
            who = f" by {task['worker']}" if task["worker"] else ""
            lines.append(f"{name} [{done:<3}] {task['skill']}{after}{who}")
        return "\n".join(lines)

    def _gain(self, seats: Sequence[Seat]) -> tuple[float, Schedule | None]:
        """Return what a coalition gains at most and how; kept, also for copies."""
        if self.roster[0] not in seats:
            return 0.0, None
        schedule = self._schedule(frozenset(self.roster.index(seat) for seat in seats))
        gain = self.project.payoff - schedule.cost if schedule else 0.0
        return (gain, schedule) if gain > 0 else (0.0, None)

    def _schedule(self, present: frozenset[int]) -> Schedule | None:
        """Return the best schedule; one that a larger coalition uses is also best if S can."""
        if present not in self._schedules:
            for larger, known in self._schedules.items():
                usable = (
                    known is None or {worker for _, worker, _ in known.jobs} <= present
                )
                if present < larger and usable:
                    self._schedules[present] = known
                    break
            else:
                self._schedules[present] = best_schedule(self.project, sorted(present))
        return self._schedules[present]


def _pairs(
    links: Sequence[Sequence[int]], roster: Sequence[Seat]
) -> tuple[tuple[Seat, Seat], ...]:
    pairs = []
    for link in links:
        if (
            len(link) != 2
            or link[0] == link[1]
            or not set(link) <= set(range(len(roster)))
        ):
            given = unknown("link", str(list(link)), roster)
            raise ConfigError(
                f"task-market: {given}; a link is two numbers of different seats"
            )
        pairs.append((roster[link[0]], roster[link[1]]))
    return tuple(pairs)
