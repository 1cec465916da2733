"""Ask-and-tell: which coalitions to evaluate next, and the running estimate from the answers."""

from collections.abc import Iterable, Iterator
from math import isfinite
from operator import index
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.choosing import Choosing
from shapley_coop.shapley.evaluation.plans import (
    METHODS,
    EvaluationTask,
    Method,
    make_plan,
)
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate


class Request(NamedTuple):
    """One draw of one coalition's value."""

    mask: int
    """Bit i is player i."""
    draw: int
    """0, 1, …: the same number means the same random numbers, where the game can do that."""


class Session:
    """An estimate in the making: `ask` for requests, `tell` their values, in any order.

    Each (coalition, draw) is asked once: what was told, is in flight or has failed for good is
    never asked again. Equal arguments and generator states give equal requests, if the answers
    come in the same order.

    Some requests depend on answers: then `ask` returns fewer, and goes on once all that is in
    flight was told. With `ahead`, such a choice is announced so many requests early as
    `choosing`, for the caller to `run` (in another thread, say) while further requests are
    evaluated.
    """

    def __init__(
        self,
        n: int,
        budget: int,
        *,
        rng: np.random.Generator,
        method: Method = "auto",
        noise: float | bool | None = None,
        ahead: int = 0,
    ) -> None:
        """Check the input before anything is paid for.

        `noise` says whether v is noisy: True, False, its standard deviation, or None (unknown;
        nothing is then drawn twice).

        Raises:
            ValueError: no players, a budget below min(n + 2, 2^n), an unknown method, an exact
                method beyond the budget, or a noise that is negative or not finite.
            TypeError: n or the budget is no whole number, or `rng` no generator.
        """
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"rng is a numpy.random.Generator; got {rng!r}. Use default_rng(seed)"
            )
        n = index(n)  # masks outgrow the whole numbers of numpy
        self.task = EvaluationTask(n, index(budget), *_read_noise(noise), ahead)
        _check(self.task, method)
        self.data = Evaluations(n)
        self._plan = make_plan(method, self.task, rng)
        self.choosing: Choosing | None = None
        """The choice that further requests depend on, if there is one."""
        self._stream: Iterator[int | Choosing] | None = None
        self._asked: dict[int, int] = {}
        self._in_flight = 0
        self._failures = 0
        self._again: list[Request] = []
        self._gaps: dict[int, set[int]] = {}
        """Draws known from before that do not follow each other, by coalition."""

    def seed(
        self, known: Iterable[tuple[int, float]], draws: Iterable[int] = ()
    ) -> None:
        """Take in values known from before (a resumed run); call before the first `ask`.

        `draws` are their numbers, where they may have gaps; none is asked again.
        """
        numbers = iter(draws)
        seen: dict[int, set[int]] = {}
        for mask, value in known:
            self.data.add(mask, value)
            count = self._asked[mask] = self._asked.get(mask, 0) + 1
            seen.setdefault(mask, set()).add(next(numbers, count - 1))
        self._gaps = {m: d for m, d in seen.items() if max(d) >= self._asked[m]}

    def ask(self, count: int = 1) -> list[Request]:
        """Return up to `count` further requests; fewer at the end, or before a choice."""
        found: list[Request] = []
        while len(found) < count:
            request = self.ask_one()
            if request is None:
                break
            found.append(request)
        return found

    def ask_one(self) -> Request | None:
        """Return the next request, or None where there is none now."""
        if self.data.total + self._in_flight + self._failures >= self.task.budget:
            if not self._in_flight:
                self.choosing = (
                    None  # nothing can be asked any more, so nothing need be chosen
                )
            return None
        if self._again:
            self._in_flight += 1
            return self._again.pop()
        if self._stream is None:
            self._stream = self._fresh(self._plan.requests(self.data))
        mask = self._next_mask(self._stream)
        if mask is None:
            return None
        draw = self._asked.get(mask, 0)
        self._asked[mask] = draw + 1
        self._in_flight += 1
        if self._gaps and mask in self._gaps:
            draw = self._number(mask, draw)
        return Request(mask, draw)

    def _number(self, mask: int, draw: int) -> int:
        """Return the number of the next draw of a coalition, of which so many were asked."""
        taken = self._gaps[mask]
        number = next(k for k in range(draw + 1) if k not in taken)
        taken.add(number)
        return number

    def _next_mask(self, stream: Iterator[int | Choosing]) -> int | None:
        """Return the next mask, or None where there is none or a choice must be made first."""
        while True:
            if self.choosing is not None and self.choosing.found is not None:
                self.choosing = None
            elif self.choosing is not None and not self.task.ahead:
                if self._in_flight:
                    return None
                self.choosing.run(self.data)
                continue
            item = next(stream, None)
            if not isinstance(item, Choosing):
                return item
            if item is self.choosing and self.task.ahead:
                return None  # it was announced, and now it is needed
            self.choosing = item

    def _fresh(self, masks: Iterator[int | Choosing]) -> Iterator[int | Choosing]:
        """Leave out what needs no draw: known values, unless this is a repeat under noise."""
        asked, excluded, exists = self._asked, self.data.excluded, 1 << self.task.n
        if not self.task.noisy:
            for mask in masks:
                if len(asked) >= exists:
                    return  # every coalition was asked: an endless plan has nothing new
                if isinstance(mask, Choosing) or (
                    mask not in asked and mask not in excluded
                ):
                    yield mask
            return
        yielded: dict[int, int] = {}
        for mask in masks:
            if isinstance(mask, Choosing):
                yield mask
                continue
            turn = yielded[mask] = yielded.get(mask, 0) + 1
            if mask not in excluded and asked.get(mask, 0) < turn:
                yield mask

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight."""
        return self._in_flight == 0

    def tell(self, mask: int, value: float) -> None:
        """Record the value of a request, or of a coalition that nobody asked for.

        Raises:
            ValueError: the value is not finite or the mask is not of this game.
        """
        self.data.add(mask, float(value))
        if mask not in self._asked:
            self._asked[mask] = 1
        elif self.task.noisy and self.data.count(mask) > self._asked[mask]:
            self._asked[mask] += 1
        else:
            self._in_flight = max(self._in_flight - 1, 0)

    def fail(self, request: Request, *, retry: bool) -> None:
        """Record a failed evaluation: ask for it again, or leave the coalition out for good.

        What fails for good counts towards the budget: a game that always fails comes to an end.
        """
        self._in_flight = max(self._in_flight - 1, 0)
        if retry:
            self._again.append(request)
            return
        self._failures += 1
        if request.mask not in self.data:
            self.data.excluded.add(request.mask)

    def estimate(self) -> Estimate:
        """Return the estimate from all values told so far.

        Raises:
            ValueError: v(empty) or v(N) is missing, or too little is known for the method.
        """
        return self.estimate_from(self.data)

    def estimate_from(self, data: Evaluations) -> Estimate:
        """Return the estimate from these values, say a copy that no other thread writes to."""
        found = self._plan.fit(data)
        if not data.excluded:
            return found
        return found.because(
            f"{len(data.excluded)} coalitions failed and were left out"
        )


def _read_noise(noise: float | bool | None) -> tuple[bool | None, float | None]:
    if noise is None or isinstance(noise, bool):
        return noise, None
    if not isfinite(noise) or noise < 0:
        raise ValueError(
            f"noise is True, False, None, or the standard deviation of one draw (a finite number "
            f">= 0); got {noise!r}"
        )
    return noise > 0, float(noise) or None


def _check(task: EvaluationTask, method: Method) -> None:
    if task.n < 1:
        raise ValueError(f"a game needs at least one player; got n={task.n}")
    if method not in METHODS:
        raise ValueError(
            f"no method is called {method!r}; there are {', '.join(METHODS)}"
        )
    least = min(task.n + 2, 1 << task.n)
    if task.budget < least:
        raise ValueError(
            f"a budget of {task.budget} evaluations is too small for {task.n} players; "
            f"the least is {least}"
        )
    if method == "exact" and task.n >= task.budget.bit_length():
        raise ValueError(
            f"exact needs all 2^{task.n} coalitions; the budget is {task.budget}. Use method='auto'"
        )
