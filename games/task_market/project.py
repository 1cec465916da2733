"""Projects: tasks that wait for each other, who can do them at what cost, and the best schedule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.errors import ConfigError, unknown


class Task(NamedTuple):
    """A piece of work: the skill and the steps it takes, and the tasks (by number) before it."""

    skill: str
    duration: int
    after: tuple[int, ...]


class Project(NamedTuple):
    """Tasks, each worker's cost a step by skill, and the payoff if all is done in `deadline`."""

    tasks: tuple[Task, ...]
    workers: tuple[Mapping[str, float], ...]
    deadline: int
    payoff: float


class Schedule(NamedTuple):
    """Who starts which task when, and what all the work costs."""

    cost: float
    jobs: tuple[tuple[int, int, int], ...]
    """(task, worker, start)."""


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


def checked(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Return the tasks if each waits only for existing ones and none, in the end, for itself.

    Raises:
        ConfigError: a task names one that does not exist, or the tasks wait in a circle.
    """
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
    behind: dict[int, int] = {}

    def tail(number: int) -> int:
        if number not in behind:
            later = [tail(k) for k, task in enumerate(tasks) if number in task.after]
            behind[number] = tasks[number].duration + max(later, default=0)
        return behind[number]

    return [tail(number) for number in range(len(tasks))]


def best_schedule(project: Project, present: Sequence[int]) -> Schedule | None:
    """Return the cheapest schedule of the present workers in time, or None if there is none.

    A worker does one task at a time, a task has one worker and is not interrupted. Branch and
    bound over who takes which task next in order of starting times: every active schedule, and
    so a best one, is among them. Exponential in the number of tasks.
    """
    costs = [
        sorted(
            (worker[task.skill] * task.duration, i)
            for i, worker in ((i, project.workers[i]) for i in present)
            if task.skill in worker
        )
        for task in project.tasks
    ]
    if not all(costs):
        return None
    search = _Search(project, costs)
    search.extend([], 0.0, {}, dict.fromkeys(present, 0))
    return search.best


class _Search:
    """The state of one branch and bound: the cheapest schedule so far."""

    def __init__(self, project: Project, costs: list[list[tuple[float, int]]]) -> None:
        self.tasks, self.deadline = project.tasks, project.deadline
        self.costs = costs
        self.tails = longest_chain(project.tasks)
        self.best: Schedule | None = None

    def extend(
        self,
        jobs: list[tuple[int, int, int]],
        cost: float,
        done: dict[int, int],
        free: dict[int, int],
    ) -> None:
        """Try every task that may start next, by every worker; `done` holds finishing times."""
        waiting = [k for k in range(len(self.tasks)) if k not in done]
        if self.best is not None:
            least = cost + sum(self.costs[k][0][0] for k in waiting)
            if least >= self.best.cost - 1e-12:
                return
        if not waiting:
            self.best = Schedule(cost, tuple(jobs))
            return
        latest = (jobs[-1][2], jobs[-1][0]) if jobs else (0, -1)
        for k in waiting:
            task = self.tasks[k]
            if not all(before in done for before in task.after):
                continue
            ready = max((done[before] for before in task.after), default=0)
            for price, worker in self.costs[k]:
                start = max(ready, free[worker])
                if (start, k) < latest or start + self.tails[k] > self.deadline:
                    continue
                end = start + task.duration
                self.extend(
                    [*jobs, (k, worker, start)],
                    cost + price,
                    {**done, k: end},
                    {**free, worker: end},
                )


def generated(difficulty: str, workers: int, seed: int) -> Project:
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
    tasks = tuple(
        Task(
            str(rng.choice(skills)),
            int(rng.integers(1, 4)),
            tuple(before for before in range(k) if rng.random() < level.links),
        )
        for k in range(level.tasks)
    )
    people = tuple(
        _worker(rng, skills, must=skills[i::workers]) for i in range(workers)
    )
    chain = max(longest_chain(tasks))
    deadline = max(chain, round(level.slack * chain))
    project = Project(tasks, people, deadline, 0.0)
    best = best_schedule(project, range(workers))
    while best is None:
        project = project._replace(deadline=project.deadline + 1)
        best = best_schedule(project, range(workers))
    return project._replace(payoff=float(round(level.margin * best.cost)))


def _worker(
    rng: np.random.Generator, skills: Sequence[str], must: Sequence[str]
) -> dict[str, float]:
    """Return the costs of one worker: its sure skills, and each other one at even odds."""
    return {
        skill: float(rng.integers(1, 6))
        for skill in skills
        if skill in must or rng.random() < 0.5
    }


def read(given: Any) -> Project:
    """Return a project from plain values, as a configuration file gives them.

    Raises:
        ConfigError: something is missing, no number, or the tasks wait in a circle.
    """
    try:
        tasks = [
            Task(
                str(task["skill"]), int(task["duration"]), tuple(task.get("after", ()))
            )
            for task in given["tasks"]
        ]
        workers = tuple(
            {str(skill): float(cost) for skill, cost in worker.items()}
            for worker in given["workers"]
        )
        deadline, payoff = int(given["deadline"]), float(given["payoff"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigError(
            f"task-market: a project has tasks (each with skill, duration, after), workers (each "
            f"a cost by skill), deadline and payoff; got {error!r}"
        ) from error
    if deadline < 1 or not 2 <= len(workers) <= 12:
        raise ConfigError(
            f"task-market: a project has a deadline of at least 1 step and 2 to 12 workers, got "
            f"deadline={deadline} and {len(workers)} workers"
        )
    return Project(checked(tasks), workers, deadline, payoff)
