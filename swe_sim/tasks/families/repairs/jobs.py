"""A queue of jobs with priorities, waiting and retries, into which faults have been put."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.repairs.faults import Fault, with_faults
from swe_sim.tasks.families.repairs.jobs_checks import CHECKS, EXAMPLES

JOBS = """
\"\"\"Jobs and what they wait for.\"\"\"


class $job:
    def __init__(self, name, priority=$usual, needs=()):
        if not name:
            raise ValueError("a job has a name")
        if priority < 0 or priority > $highest:
            raise ValueError("unknown priority")
        self.name = name
        self.priority = priority
        self.needs = tuple(needs)
        self.waited = 0
        self.failures = 0

    def urgency(self):
        return self.priority + self.waited // $patience
"""
QUEUE = """
\"\"\"A queue of jobs.\"\"\"

from jobs import $job


class $queue:
    def __init__(self, tries=$tries):
        self.tries = tries
        self.waiting = []
        self.running = None
        self.done = []
        self.lost = []

    def $add(self, name, priority=$usual, needs=()):
        names = [job.name for job in self.waiting] + self.done + self.lost
        if self.running is not None:
            names.append(self.running.name)
        if name in names:
            raise ValueError("there is such a job")
        self.waiting.append($job(name, priority, needs))

    def ready(self):
        return [job for job in self.waiting if all(n in self.done for n in job.needs)]

    def $next(self):
        if self.running is not None:
            raise ValueError("a job is running")
        jobs = self.ready()
        if not jobs:
            return None
        best = max(jobs, key=lambda job: job.urgency())
        self.waiting.remove(best)
        for job in self.waiting:
            job.waited += 1
        self.running = best
        return best.name

    def $finish(self, well=True):
        if self.running is None:
            raise ValueError("no job is running")
        job, self.running = self.running, None
        if well:
            self.done.append(job.name)
            return "done"
        job.failures += 1
        if job.failures >= self.tries:
            self.lost.append(job.name)
            $give_up
            return "lost"
        job.waited = 0
        self.waiting.$again
        return "again"

    def blocked(self):
        return sorted(
            job.name for job in self.waiting if any(n in self.lost for n in job.needs)
        )


def order(jobs, fails=()):
    queue = $queue()
    for name, priority, needs in jobs:
        queue.$add(name, priority, needs)
    names = []
    name = queue.$next()
    while name is not None:
        names.append(name)
        queue.$finish(name not in fails)
        name = queue.$next()
    return names
"""
SPEC = """
`jobs.py` and `queue_of.py` decide which job comes next. They have worked, but somebody changed
them,
and now some of what follows no longer holds. Mend them.

`jobs.py` has a class `$job(name, priority=$usual, needs=())`. An empty name and a priority
below 0 or
above $highest raise ValueError. `needs` are names of jobs that have to be done before.
`urgency()` is
the priority, and one more for every $patience jobs that began while this one was waiting.

`queue_of.py` has a class `$queue(tries=$tries)`:
- `$add(name, priority=$usual, needs=())` adds a job. A name that the queue has or had raises
  ValueError.
- `ready()` returns the list of waiting jobs of which all needs are done.
- `$next()` begins the ready job of the highest urgency, of several the one that came first, and
  returns its name, or None if none is ready. If a job is running it raises ValueError.
- `$finish(well=True)` ends the running job, and raises ValueError if there is none. If it went well
  the name is added to `done` and 'done' is returned. Otherwise, after `tries` failures, it is
added to
  `lost`, $give_up_words 'lost' is returned. Before that it goes back to the $again_words of
  those that wait, as if it had not waited, and 'again' is returned.
- `blocked()` returns by alphabet the names of waiting jobs that need a lost one.

`order(jobs, fails=())` in the same file runs (name, priority, needs) jobs until none is ready,
where
those in `fails` never go well, and returns the names in the order in which jobs began.
"""


def draft(draw: Draw) -> Draft:
    """Return a queue with drawn rules, broken in one or two places of one of its files."""
    highest = draw.whole(4, 9)
    front = draw.turn((True, False))
    purge = draw.one((True, False))
    values: dict[str, object] = {
        "job": draw.one(("Job", "Task", "Errand")),
        "queue": draw.one(("Queue", "Line", "Desk")),
        "add": draw.one(("add", "submit", "enter")),
        "next": draw.one(("next", "begin", "take")),
        "finish": draw.one(("finish", "end", "report")),
        "usual": draw.whole(1, 3),
        "highest": highest,
        "patience": draw.whole(2, 4),
        "tries": draw.whole(2, 4),
        "again": "insert(0, job)" if front else "append(job)",
        "give_up": (
            "self.waiting = [other for other in self.waiting if job.name not in other.needs]"
            if purge
            else "self.waiting = list(self.waiting)"
        ),
    }
    words = {
        "again_words": "front" if front else "end",
        "give_up_words": "waiting jobs that need it leave the queue, and"
        if purge
        else "and",
    }
    solution = {
        "jobs.py": fill(JOBS, **values),
        "queue_of.py": fill(QUEUE, **values).replace(
            "            self.waiting = list(self.waiting)\n", ""
        ),
    }
    where = draw.one(
        (("jobs.py", _job_faults()), ("queue_of.py", _queue_faults(values)))
    )
    path, faults = where
    wrong = with_faults(solution[path], faults, draw, draw.whole(1, 2))
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports="from jobs import {job}\nfrom queue_of import {queue}, order".format(
            **values
        ),
        files={**solution, path: wrong},
        reference=solution,
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _job_faults() -> tuple[Fault, ...]:
    return (
        Fault("self.priority + self.waited", "self.priority - self.waited"),
        Fault("or priority >", "or priority >="),
        Fault("self.waited // ", "self.waited * "),
        Fault("priority < 0", "priority <= 0"),
    )


def _queue_faults(values: dict[str, object]) -> tuple[Fault, ...]:
    again = str(values["again"])
    other = "append(job)" if again.startswith("insert") else "insert(0, job)"
    return (
        Fault("all(n in self.done", "any(n in self.done"),
        Fault("max(jobs, key", "min(jobs, key"),
        Fault("job.failures >= self.tries", "job.failures > self.tries"),
        Fault("        job.waited = 0\n", ""),
        Fault(f"self.waiting.{again}", f"self.waiting.{other}"),
        Fault(" + self.done + self.lost", " + self.done"),
        Fault("job.waited += 1", "job.waited = 1"),
    )


FAMILY = Family("broken-queue", "medium", draft)
