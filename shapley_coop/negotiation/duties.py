"""What seats signed to do next, as a play goes on."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.negotiation.ledger import plan_breakers, promises
from shapley_coop.records import AtLeast, Contract, Does, Seat, Step


class Duties:
    """What contracts have seats do, step by step.

    Args:
        contracts: what was signed.
    """

    def __init__(self, contracts: Sequence[Contract]) -> None:
        # Most clauses promise no action, so those that do are found once and not at every step.
        self._promises = []
        for contract in contracts:
            promised = promises(contract.offer.terms.clauses)
            self._promises.append((contract, [promise.deed for promise in promised]))

    def next_actions(self, steps: Sequence[Step]) -> dict[Seat, str]:
        """Return what seats are to do after some steps. Who may do anything is left out.

        A later contract comes before an earlier one. In one contract an action at this step comes
        before a number of times, and that before a plan. A plan that was broken binds nobody.
        """
        bound: dict[Seat, str] = {}
        for contract, deeds in self._promises:
            bound |= _planned_next(contract, steps)
            for deed in deeds:
                if isinstance(deed, AtLeast) and _is_open(deed, contract, steps):
                    bound[deed.seat] = deed.action
            for deed in deeds:
                if isinstance(deed, Does) and deed.step == len(steps):
                    bound[deed.seat] = deed.action
        return bound


def _planned_next(contract: Contract, steps: Sequence[Step]) -> dict[Seat, str]:
    """Return the next part of a contract's plan, or nothing where it was broken."""
    terms, since = contract.offer.terms, contract.step
    if not terms.plan or plan_breakers(terms, since, steps):
        return {}
    turn = len(steps) - since
    parts = {}
    for seat, line in terms.plan.items():
        if turn < len(line):
            parts[seat] = line[turn]
    return parts


def _is_open(deed: AtLeast, contract: Contract, steps: Sequence[Step]) -> bool:
    """Return whether a seat has not yet done what it promised as often as it promised."""
    done = [step.actions.get(deed.seat) for step in steps[contract.step :]]
    return done.count(deed.action) < deed.times
