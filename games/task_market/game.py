"""A market of tasks: one seat owns a project, others have the skills, and work costs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from games.task_market.links import linked_pairs
from games.task_market.project import (
    MOST_WORKERS,
    Schedule,
    best_schedule,
    generate,
    read,
)
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CoalitionWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat


class Site(NamedTuple):
    """The world of a task market: how far the work is."""

    left: tuple[int, ...]
    """The steps left of every task."""
    at: tuple[int, ...]
    """The worker of every task. -1 means that nobody has begun it."""


class TaskMarket(Game):
    """`member_0` is paid if all tasks are done by the deadline, and who works bears the cost.

    In every step a seat idles or works at a task that it has the skill for and that waits for no
    other. A task has one worker, who finishes what it began. Of two who begin the same one in the
    same step, the first in seat order gets it and the other has worked for nothing. So the owner
    has to subcontract: "I pay you p if you do task-2 at least 3 times".

    Args:
        seats: 2 to 12.
        difficulty: of a generated project: easy, medium or hard.
        instance: which of the generated projects.
        project: one of one's own instead: `tasks` (each with skill, duration, after: numbers of
            tasks), `workers` (each seat's cost a step by skill), `deadline` and `payoff`.
        links: pairs of seat numbers that can communicate. None means that every pair can. Credit
            may then be measured as Myerson's value.
    """

    name = "task-market"
    goal = "delivered"
    idle = "idle"
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"
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
            if whole(self.name, "seats", seats, 2) > MOST_WORKERS:
                raise ConfigError(
                    f"{self.name} has 2 to {MOST_WORKERS} seats, got seats={seats}"
                )
            seed = whole(self.name, "instance", instance, 0)
            self.project = generate(difficulty, seats, seed)
        members = range(len(self.project.workers))
        tasks = range(len(self.project.tasks))
        self.roster = tuple(f"member_{number}" for number in members)
        self.actions = ("idle", *(f"task-{number}" for number in tasks))
        self.horizon = self.project.deadline
        offers = {}
        for worker, seat in enumerate(self.roster):
            tasks_of = self.project.tasks_of(worker)
            offers[seat] = ("idle", *(self.actions[1 + task] for task in tasks_of))
        self.schedule = (offers,)
        self.communication = None if links is None else linked_pairs(links, self.roster)
        # Shared by all copies of this game, since a search for a schedule can take long.
        self._schedules: dict[frozenset[int], Schedule | None] = {}
        super().__init__(self.roster, render_mode=render_mode)

    def begin(self) -> Site:
        """Return a site on which nothing is begun."""
        tasks = self.project.tasks
        left = tuple(task.duration for task in tasks)
        nobody = (-1,) * len(tasks)
        return Site(left, nobody)

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Let everybody work, charge the work, and pay the owner when all is done."""
        left = list(self.world.left)
        at = list(self.world.at)
        rewards = dict.fromkeys(self.possible_agents, 0.0)
        for seat in self.possible_agents:
            worker = self.roster.index(seat)
            task = actions[seat] - 1
            # The first action is idling, which has no task.
            if task < 0:
                continue
            rewards[seat] = -self._cost(worker, task)
            # Who begins a task that another has already works for nothing.
            if at[task] in (-1, worker):
                at[task] = worker
                left[task] -= 1
        self.world = Site(tuple(left), tuple(at))
        # The owner may be absent, and then nobody is paid.
        owner = self.roster[0]
        if not any(left) and owner in rewards:
            rewards[owner] += self.project.payoff
        return rewards

    def over(self) -> bool:
        """Return whether all is done, or the deadline is past."""
        return not any(self.world.left) or self.clock >= self.horizon

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return idling and the tasks that a seat can begin.

        A seat that has begun a task can only go on with it.
        """
        worker = self.roster.index(seat)
        left, at = self.world
        names = ["idle"]
        for number in self.project.tasks_of(worker):
            name = self.actions[number + 1]
            if at[number] == worker and left[number]:
                return (name,)
            waits = any(left[before] for before in self.project.tasks[number].after)
            if at[number] == -1 and not waits:
                names.append(name)
        return tuple(names)

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
        costs = {}
        for name in self.possible_agents:
            costs[name] = dict(self.project.workers[self.roster.index(name)])
        facts: Facts = {
            "step": self.clock,
            "deadline": self.horizon,
            "payoff": self.project.payoff,
            "paid_to": self.roster[0],
            "tasks": self._tasks(),
            "cost_a_step": costs,
        }
        if self.communication is not None:
            facts["can_talk"] = [list(pair) for pair in self.communication]
        return facts

    def _tasks(self) -> dict[str, Facts]:
        left, at = self.world
        tasks = {}
        for number, task in enumerate(self.project.tasks):
            worker = None if at[number] < 0 else self.roster[at[number]]
            tasks[self.actions[number + 1]] = {
                "skill": task.skill,
                "steps": task.duration,
                "after": [self.actions[before + 1] for before in task.after],
                "steps_left": left[number],
                "worker": worker,
            }
        return tasks

    def _cost(self, worker: int, task: int) -> float:
        skill = self.project.tasks[task].skill
        return self.project.workers[worker][skill]

    def step_reward(self, seat: Seat, action: str) -> float:
        """Return 1 for work that the best schedule gives the seat, -1 for work that it does not.

        Idling is 1 where none of that work is open, 0 where it waits. A step without a choice is 1.
        """
        legal = self.legal(seat)
        if len(legal) == 1:
            return 1.0
        _, schedule = self._gain(self.possible_agents)
        worker = self.roster.index(seat)
        # Without a schedule that pays, all work is against it.
        jobs = schedule.jobs if schedule else ()
        own_jobs = [job for job in jobs if job.worker == worker]
        own = {self.actions[job.task + 1] for job in own_jobs}
        if action == "idle":
            return 0.0 if own & set(legal) else 1.0
        return 1.0 if action in own else -1.0

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return steps left, the own number, and for each task steps left, own cost and worker."""
        worker = self.roster.index(seat)
        costs = self.project.workers[worker]
        features = [1 - self.clock / self.horizon, worker]
        for number, task in enumerate(self.project.tasks):
            # No cost is below 0, so -1 tells that the seat lacks the skill.
            cost = costs.get(task.skill, -1.0)
            features += [self.world.left[number], cost, self.world.at[number]]
        return np.array(features, np.float32)

    def restrict(self, seats: Sequence[Seat]) -> TaskMarket:
        """Return the same project with only `seats` to work on it."""
        return self.only(seats)

    def oracle(self) -> CoalitionWorth:
        """Return v(S) = payoff - cost of the best schedule of S, or 0 where that does not pay.

        Without the owner a coalition is worth 0.
        """

        def value(row: Sequence[bool]) -> float:
            inside = itertools.compress(self.possible_agents, row)
            gain, _ = self._gain(tuple(inside))
            return gain

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.array([value(row) for row in members.tolist()])

        return CoalitionWorth(self.seats, values)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return the best schedule, or all idle where it does not pay."""
        _, schedule = self._gain(self.possible_agents)
        lines = {seat: ["idle"] * self.horizon for seat in self.possible_agents}
        jobs = schedule.jobs if schedule else ()
        for task, worker, start in jobs:
            line = lines[self.roster[worker]]
            end = start + self.project.tasks[task].duration
            for step in range(start, end):
                line[step] = self.actions[task + 1]
        return {seat: tuple(line) for seat, line in lines.items()}

    def security(self, seat: Seat) -> Security:
        """Return idling, or going on with what was begun at its cost."""
        action = self.legal(seat)[0]
        if action == "idle":
            return Security(0.0, "idle")
        task = self.index[action] - 1
        cost = self._cost(self.roster.index(seat), task)
        steps = min(self.world.left[task], self.horizon - self.clock)
        return Security(-cost * steps, action)

    def picture(self) -> str:
        """Return every task with its progress and its worker."""
        lines = [f"{self.name}, {self.clock} of {self.horizon} steps worked"]
        for name, task in self._tasks().items():
            left = task["steps_left"]
            bar = "#" * (task["steps"] - left) + "." * left
            line = f"{name} [{bar:<3}] {task['skill']}"
            if task["after"]:
                line += f" after {', '.join(task['after'])}"
            if task["worker"]:
                line += f" by {task['worker']}"
            lines.append(line)
        return "\n".join(lines)

    def _gain(self, seats: Sequence[Seat]) -> tuple[float, Schedule | None]:
        """Return what a coalition gains at most, and the schedule by which it does."""
        if self.roster[0] not in seats:
            return 0.0, None
        schedule = self._schedule(frozenset(map(self.roster.index, seats)))
        if schedule is None or schedule.cost >= self.project.payoff:
            return 0.0, None
        return self.project.payoff - schedule.cost, schedule

    def _schedule(self, present: frozenset[int]) -> Schedule | None:
        """Return the best schedule of some workers, or None if they cannot do all in time."""
        if present in self._schedules:
            return self._schedules[present]
        for larger, known in self._schedules.items():
            if not present < larger:
                continue
            # What is best for more workers is best for fewer, if these are all that it needs.
            workers = {job.worker for job in known.jobs} if known else set()
            if workers <= present:
                self._schedules[present] = known
                return known
        best = best_schedule(self.project, sorted(present))
        self._schedules[present] = best
        return best
