"""Ask and tell: which coalitions to evaluate next, and the running estimate from the answers."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import index
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.shapley.estimators.pairs.choosing import Choosing
from shapley_coop.shapley.estimators.unseen import with_unseen_error
from shapley_coop.shapley.evaluation.plans import make_plan
from shapley_coop.shapley.evaluation.task import (
    EvaluationTask,
    Method,
    parse_noise,
    require_payable,
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

    Each (coalition, draw) is asked for once. What was told, is in flight or has failed for good
    is never asked for again. Equal arguments and generator states give equal requests, if the
    answers come in the same order.

    Some requests depend on answers. Then `ask` returns fewer, and goes on once everything in
    flight was told. With `ahead`, such a choice is announced that many requests early as
    `choosing`, so that the caller can `run` it (in another thread, say) while further requests
    are evaluated.
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
        least_draws: int = 1,
        shared_draws: bool = False,
    ) -> None:
        """Check the input before anything is paid for.

        `noise` says whether v is noisy: True, False, or its standard deviation. None means
        unknown, and nothing is then drawn twice. Under noise each coalition is drawn
        `least_draws` times before the next one. With `shared_draws`, which says that draws of
        equal number may share their luck, further ones are spread evenly.

        Raises:
            ValueError: no players, a budget below min(n + 2, 2^n), an unknown method, an exact
                method beyond the budget, or a noise that is negative or not finite.
            TypeError: n or the budget is no whole number, or `rng` no generator.
        """
        if not isinstance(rng, np.random.Generator):
            raise TypeError(
                f"rng is a numpy.random.Generator; got {rng!r}. Use default_rng(seed)"
            )
        # Masks of many players outgrow numpy's integers, so n becomes a Python integer.
        n = index(n)
        noisy, sigma = parse_noise(noise)
        self.task = EvaluationTask(
            n, index(budget), noisy, sigma, ahead, least_draws, shared_draws
        )
        require_payable(self.task, method)
        self.data = Evaluations(n)
        self._plan = make_plan(method, self.task, rng)
        self.choosing: Choosing | None = None
        """The choice that further requests depend on, if there is one."""
        self._stream: Iterator[int | Choosing] | None = None
        self._asked: dict[int, int] = {}
        """How many draws of each coalition were asked for or are known from before."""
        self._in_flight = 0
        self._failures = 0
        """Requests that failed for good, which count towards the budget."""
        self._retries: list[Request] = []
        self._gaps: dict[int, set[int]] = {}
        """Draws known from before that do not follow each other, by coalition."""

    def __getstate__(self) -> dict[str, Any]:
        """Return what a copy knows: all but the order of requests, which it begins anew.

        A copy, and a session that was sent to another process, asks for none of the draws that
        this one asked for. What it asks for next is drawn by a generator in the same state.
        """
        return {**self.__dict__, "_stream": None, "choosing": None}

    def seed(
        self, values: Iterable[tuple[int, float]], draws: Iterable[int] = ()
    ) -> None:
        """Take in the values of an earlier run, as (mask, value), before the first `ask`.

        `draws` are their numbers, which may have gaps. None of them is asked for again.
        """
        numbers = iter(draws)
        numbers_of: dict[int, set[int]] = {}
        for mask, value in values:
            self.data.add(mask, value)
            count = self._asked.get(mask, 0) + 1
            self._asked[mask] = count
            numbers_of.setdefault(mask, set()).add(next(numbers, count - 1))
        # Draws 0 to count - 1 leave no gap, and most coalitions have just those.
        for mask, taken in numbers_of.items():
            if max(taken) >= self._asked[mask]:
                self._gaps[mask] = taken

    def ask(self, count: int = 1) -> list[Request]:
        """Return up to `count` further requests, fewer at the end or before a choice."""
        requests: list[Request] = []
        while len(requests) < count:
            request = self.ask_one()
            if request is None:
                break
            requests.append(request)
        return requests

    def ask_one(self) -> Request | None:
        """Return the next request, or None where there is none now."""
        spent = self.data.total + self._in_flight + self._failures
        if spent >= self.task.budget:
            # Nothing can be asked for any more, so nothing needs to be chosen either.
            if not self._in_flight:
                self.choosing = None
            return None
        if self._retries:
            self._in_flight += 1
            return self._retries.pop()
        if self._stream is None:
            self._stream = self._new_requests(self._plan.requests(self.data))
        mask = self._next_mask(self._stream)
        if mask is None:
            return None
        draw = self._asked.get(mask, 0)
        self._asked[mask] = draw + 1
        self._in_flight += 1
        if self._gaps and mask in self._gaps:
            draw = self._free_number(mask, draw)
        return Request(mask, draw)

    def _free_number(self, mask: int, count: int) -> int:
        """Return the least number that none of the `count` draws of a coalition has."""
        taken = self._gaps[mask]
        number = next(k for k in range(count + 1) if k not in taken)
        taken.add(number)
        return number

    def _next_mask(self, stream: Iterator[int | Choosing]) -> int | None:
        """Return the next mask, or None where there is none or a choice must be made first."""
        while True:
            if self.choosing is not None and self.choosing.pairs is not None:
                self.choosing = None
            elif self.choosing is not None and not self.task.ahead:
                # Nobody else runs the choice, and it waits for every answer that may help.
                if self._in_flight:
                    return None
                self.choosing.run(self.data)
                continue
            item = next(stream, None)
            if not isinstance(item, Choosing):
                return item
            # A plan yields its choice once to announce it and again when it is needed.
            if item is self.choosing and self.task.ahead:
                return None
            self.choosing = item

    def _new_requests(self, plan: Iterator[int | Choosing]) -> Iterator[int | Choosing]:
        """Leave out what needs no draw: known values, unless this is a repeat under noise."""
        if self.task.noisy:
            return self._new_draws(plan)
        return self._new_coalitions(plan)

    def _new_coalitions(
        self, plan: Iterator[int | Choosing]
    ) -> Iterator[int | Choosing]:
        asked, excluded = self._asked, self.data.excluded
        coalitions = 1 << self.task.n
        for item in plan:
            # Once every coalition was asked for, an endless plan has nothing new.
            if len(asked) >= coalitions:
                return
            if isinstance(item, Choosing) or (
                item not in asked and item not in excluded
            ):
                yield item

    def _new_draws(self, plan: Iterator[int | Choosing]) -> Iterator[int | Choosing]:
        turns: dict[int, int] = {}
        for item in plan:
            if isinstance(item, Choosing):
                yield item
                continue
            turn = turns.get(item, 0) + 1
            turns[item] = turn
            # Draws known from before stand for the first turns.
            if item not in self.data.excluded and self._asked.get(item, 0) < turn:
                yield item

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight."""
        return self._in_flight == 0

    def tell(self, mask: int, value: float) -> None:
        """Record the value of a request, or of a coalition that was not asked for.

        Raises:
            ValueError: the value is not finite or the mask is not of this game.
        """
        self.data.add(mask, float(value))
        # More answers than requests: a value that came unasked takes nothing out of flight.
        if mask not in self._asked:
            self._asked[mask] = 1
        elif self.task.noisy and self.data.count(mask) > self._asked[mask]:
            self._asked[mask] += 1
        else:
            self._in_flight = max(self._in_flight - 1, 0)

    def fail(self, request: Request, *, retry: bool) -> None:
        """Record a failed evaluation, to be asked for again or left out for good.

        What fails for good counts towards the budget, so that a game that always fails comes to
        an end.
        """
        self._in_flight = max(self._in_flight - 1, 0)
        if retry:
            self._retries.append(request)
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
        """Return the estimate from these values, say a copy that no other thread writes to.

        Raises:
            ValueError: as `estimate`.
        """
        empty, grand = data.ends()
        known = data.normalise()
        fitted = with_unseen_error(self._plan.fit(known), known)
        estimate = replace(
            fitted,
            values=known.unit.restore(fitted.values),
            stderr=known.unit.restore(fitted.stderr),
            noise_stderr=known.unit.restore(fitted.noise_stderr),
            noise=known.unit.restore_one(fitted.noise),
            empty=empty,
            grand=grand,
        )
        if not data.excluded:
            return estimate
        reason = f"{len(data.excluded)} coalitions failed and were left out"
        return estimate.because(reason)
