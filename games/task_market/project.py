"""Projects: tasks that wait for each other, who can do them at what cost, and the best schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.errors import ConfigError, unknown

MOST_WORKERS = 12
"""Workers up to which the best schedule of every coalition can be searched for."""
ROUNDING = 1e-12
"""A schedule has to be cheaper by more than this to be better."""


class Task(NamedTuple):
    """A piece of work."""

    skill: str
    duration: int
    """Steps that one worker takes for it."""
    after: tuple[int, ...]
    """Numbers of the tasks that have to be done before."""


class Project(NamedTuple):
    """Tasks, workers, and what is paid for the whole."""

    tasks: tuple[Task, ...]
    workers: tuple[Mapping[str, float], ...]
    """Each worker's cost a step by skill."""
    deadline: int
    """Steps in which all has to be done."""
    payoff: float

    def tasks_of(self, worker: int) -> list[int]:
        """Return the numbers of the tasks that a worker has the skill for."""
        skills = self.workers[worker]
        return [n for n, task in enumerate(self.tasks) if task.skill in skills]


class Job(NamedTuple):
    """One task in a schedule."""

    task: int
    worker: int
    start: int
    """The step in which the worker begins."""


class Schedule(NamedTuple):
    """Who starts which task when, and what all the work costs."""

    cost: float
    jobs: tuple[Job, ...]
    """In the order of their starts."""


class Difficulty(NamedTuple):
    """What a generated project looks like."""

    tasks: int
    skills: int
    links: float
    """Chance that a task waits for an earlier one."""
    slack: float
    """Deadline over the longest chain of tasks."""
    margin: float
    """Payoff over the cost of the best schedule."""


DIFFICULTIES = {
    "easy": Difficulty(3, 2, 0.3, 2.0, 2.0),
    "medium": Difficulty(5, 3, 0.4, 1.5, 1.6),
    "hard": Difficulty(7, 3, 0.4, 1.2, 1.3),
}


def check_order(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return the tasks if each waits only for existing ones and none, in the end, for itself.

    Raises:
        ConfigError: a task names one that does not exist, or the tasks wait in a circle.
    """
    # Generated projects never wait in circles, so most runs need no graph.
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(tasks)))
    for number, task in enumerate(tasks):
        if task.duration < 1:
            raise ConfigError(
                f"task {number} takes {task.duration} steps; give at least 1"
            )
        for before in task.after:
            if not 0 <= before < len(tasks):
                raise ConfigError(
                    f"task {number} waits for task {before}, which does not exist; tasks are "
                    f"numbered 0 to {len(tasks) - 1}"
                )
            graph.add_edge(before, number)
    if not nx.is_directed_acyclic_graph(graph):
        circle = [str(edge[0]) for edge in nx.find_cycle(graph)]
        raise ConfigError(
            f"the tasks wait for each other in a circle: {' -> '.join([*circle, circle[0]])}; "
            f"take one of these links out"
        )
    return tuple(tasks)


def longest_chain(tasks: Sequence[Task]) -> list[int]:
    """Return for each task the steps from its start to the end of the longest chain behind it."""

    # Chains share their ends, so each task is followed only once.
    @cache
    def tail(number: int) -> int:
        waiting = [k for k, task in enumerate(tasks) if number in task.after]
        later = max(map(tail, waiting), default=0)
        return tasks[number].duration + later

    return [tail(number) for number in range(len(tasks))]


def best_schedule(project: Project, present: Sequence[int]) -> Schedule | None:
    """Return the cheapest schedule of the present workers in time, or None if there is none.

    A worker does one task at a time, a task has one worker and is not interrupted. Branch and
    bound over who takes which task next in order of starting times: every active schedule, and
    so a best one, is among them. Exponential in the number of tasks.
    """
    costs = [_costs(project, task, present) for task in project.tasks]
    # A task that nobody present can do is never done.
    if not all(costs):
        return None
    search = _Search(project, costs)
    search.extend([], 0.0, {}, dict.fromkeys(present, 0))
    return search.best


def _costs(
    project: Project, task: Task, present: Sequence[int]
) -> list[tuple[float, int]]:
    """Return what a task costs by each present worker who can do it, cheapest first."""
    costs = []
    for number in present:
        skills = project.workers[number]
        if task.skill in skills:
            costs.append((skills[task.skill] * task.duration, number))
    return sorted(costs)


class _Search:
    """One branch and bound, which ends with the cheapest schedule as `best`."""

    def __init__(self, project: Project, costs: list[list[tuple[float, int]]]) -> None:
        self.tasks, self.deadline = project.tasks, project.deadline
        self.costs = costs
        self.tails = longest_chain(project.tasks)
        self.best: Schedule | None = None

    def extend(
        self,
        jobs: list[Job],
        cost: float,
        ends: dict[int, int],
        free: dict[int, int],
    ) -> None:
        """Try every task that may start next, by every worker.

        Args:
            jobs: the schedule so far.
            cost: what it costs.
            ends: the step in which each task of it is done.
            free: the step from which each worker is free.
        """
        waiting = [k for k in range(len(self.tasks)) if k not in ends]
        # Bound: even the cheapest worker for each task that waits would not be cheaper.
        if self.best is not None:
            cheapest = [self.costs[number][0] for number in waiting]
            least = cost + sum(price for price, _ in cheapest)
            if least >= self.best.cost - ROUNDING:
                return
        if not waiting:
            self.best = Schedule(cost, tuple(jobs))
            return
        # Jobs are added in the order of their starts, so that no schedule comes twice.
        latest = (0, -1)
        if jobs:
            latest = (jobs[-1].start, jobs[-1].task)
        for k in waiting:
            task = self.tasks[k]
            if not all(before in ends for before in task.after):
                continue
            ready = max((ends[before] for before in task.after), default=0)
            for price, worker in self.costs[k]:
                start = max(ready, free[worker])
                late = start + self.tails[k] > self.deadline
                if late or (start, k) < latest:
                    continue
                end = start + task.duration
                self.extend(
                    jobs=[*jobs, Job(k, worker, start)],
                    cost=cost + price,
                    ends={**ends, k: end},
                    free={**free, worker: end},
                )


def generate(difficulty: str, workers: int, seed: int) -> Project:
    """Return a random project that all workers together gain from.

    Raises:
        ConfigError: the difficulty is unknown.
    """
    if difficulty not in DIFFICULTIES:
        raise ConfigError(
            f"task-market: {unknown('difficulty', difficulty, DIFFICULTIES)}"
        )
    level = DIFFICULTIES[difficulty]
    rng = np.random.default_rng([seed, workers])
    skills = [f"skill-{i}" for i in range(level.skills)]
    tasks = []
    for number in range(level.tasks):
        skill = str(rng.choice(skills))
        duration = int(rng.integers(1, 4))
        after = [before for before in range(number) if rng.random() < level.links]
        tasks.append(Task(skill, duration, tuple(after)))
    # Every skill is somebody's sure one, so that all tasks can be done.
    sure = [skills[number::workers] for number in range(workers)]
    people = [_worker(rng, skills, must=own) for own in sure]
    chain = max(longest_chain(tasks))
    deadline = max(chain, round(level.slack * chain))
    project = Project(tuple(tasks), tuple(people), deadline, 0.0)
    best = best_schedule(project, range(workers))
    # Few workers may need longer than the longest chain of tasks.
    while best is None:
        project = project._replace(deadline=project.deadline + 1)
        best = best_schedule(project, range(workers))
    return project._replace(payoff=float(round(level.margin * best.cost)))


def _worker(
    rng: np.random.Generator, skills: Sequence[str], must: Sequence[str]
) -> dict[str, float]:
    """Return the costs of one worker: its sure skills, and each other one at even odds."""
    costs = {}
    for skill in skills:
        if skill in must or rng.random() < 0.5:
            costs[skill] = float(rng.integers(1, 6))
    return costs


def read(plain: Any) -> Project:
    """Return a project from plain values, as a configuration file gives them.

    Raises:
        ConfigError: something is missing, no number, or the tasks wait in a circle.
    """
    try:
        tasks = [_task(task) for task in plain["tasks"]]
        workers = tuple(_skills(worker) for worker in plain["workers"])
        deadline, payoff = int(plain["deadline"]), float(plain["payoff"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"task-market: a project has tasks (each with skill, duration, after), workers (each "
            f"a cost by skill), deadline and payoff; got {error!r}"
        ) from error
    if deadline < 1 or not 2 <= len(workers) <= MOST_WORKERS:
        raise ConfigError(
            f"task-market: a project has a deadline of at least 1 step and 2 to {MOST_WORKERS} "
            f"workers, got deadline={deadline} and {len(workers)} workers"
        )
    return Project(check_order(tasks), workers, deadline, payoff)


def _task(plain: Any) -> Task:
    return Task(
        skill=str(plain["skill"]),
        duration=int(plain["duration"]),
        after=tuple(plain.get("after", ())),
    )


def _skills(plain: Any) -> dict[str, float]:
    return {str(skill): float(cost) for skill, cost in plain.items()}
