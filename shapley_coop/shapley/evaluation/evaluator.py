"""One evaluation of an asynchronous game at a time: retries, costs, failures and the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from math import inf

from shapley_coop.errors import cause_text, raise_if_cancelled
from shapley_coop.shapley.coalitions import Members
from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry
from shapley_coop.shapley.evaluation.session import Request, Session
from shapley_coop.shapley.evaluations import end_masks

Value = float | tuple[float, float]
AsyncGame = Callable[[frozenset[int], int], Awaitable[Value]]
"""Takes the players of a coalition and the number of the draw (equal numbers may use equal random
numbers). Returns v, or v and what it cost."""


class Evaluator:
    """Asks a game for the values that a session requests, and tells them to the session."""

    def __init__(
        self, game: AsyncGame, session: Session, journal: Journal | None, retries: int
    ) -> None:
        self.paid = 0
        """Draws that were paid for, without those resumed from a log."""
        costs = [] if journal is None else [entry.cost for entry in journal.entries]
        self.cost = sum(costs)
        self.costs_known = len(costs)
        """Draws that have told their cost."""
        self.largest_cost = max(costs, default=0.0)
        """Of one draw. 0 where none has told its cost."""
        self.under_way = 0
        """Draws that were begun and are not over."""
        self.errors: list[Exception] = []
        """Every exception of the game's, those of failures that a retry mended included."""
        self.failures: dict[int, str] = {}
        """The coalitions that are left out, by mask, and why."""
        self.end_failed = False
        """Whether v(empty) or v(N) failed for good, so that nothing can be shared out."""
        self._game, self._session, self._journal = game, session, journal
        self._retries = retries
        self._tries: dict[Request, int] = {}
        self._members = Members(session.task.n)
        self._ends = end_masks(session.task.n)

    async def evaluate(self, request: Request) -> None:
        """Ask the game for one draw and record the answer or the failure.

        A run that is cancelled meanwhile ends here, whatever the game makes of its cancellation.
        """
        mask, draw = request
        self.under_way += 1
        try:
            answer = await self._game(self._members(mask), draw)
            value, cost = _value_and_cost(answer)
            self._session.tell(mask, value)
        except (KeyboardInterrupt, SystemExit, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001  (all else that it raises is its failure)
            raise_if_cancelled(error)
            self._record_failure(request, _as_failure(error))
            return
        finally:
            self.under_way -= 1
        self.paid += 1
        self.cost += cost
        self.costs_known += 1
        self.largest_cost = max(cost, self.largest_cost)
        if self._journal is not None:
            self._journal.add(JournalEntry(mask, draw, float(value), float(cost)))
        raise_if_cancelled()

    def _record_failure(self, request: Request, error: Exception) -> None:
        self.errors.append(error)
        tries = self._tries.get(request, 0) + 1
        self._tries[request] = tries
        retry = tries <= self._retries
        self._session.fail(request, retry=retry)
        if retry:
            return
        self.failures[request.mask] = cause_text(error)
        # A coalition that was drawn before keeps its value, so only exclusion counts.
        if not self._session.data.excluded.isdisjoint(self._ends.values()):
            self.end_failed = True

    def require_ends(self) -> None:
        """Raise a ValueError where v(empty) or v(N) failed for good."""
        for name, mask in self._ends.items():
            if mask in self._session.data.excluded:
                raise ValueError(
                    f"v({name}) has no value ({self.failures[mask]}), so there is nothing to share "
                    "out; the run stopped there. Run again with the same log to go on"
                )


def _as_failure(error: BaseException) -> Exception:
    """Return what a game raised as the failure of one evaluation."""
    if isinstance(error, Exception):
        return error
    failure = RuntimeError("something that the game waited for was cancelled")
    failure.__cause__ = error
    return failure


def _value_and_cost(answer: Value) -> tuple[float, float]:
    if not isinstance(answer, tuple):
        return answer, 0.0
    value, cost = answer
    # A limit on cost could not hold against evaluations that earn something.
    if not 0 <= cost < inf:
        raise ValueError(f"an evaluation costs a finite number >= 0; got {cost}")
    return value, cost
