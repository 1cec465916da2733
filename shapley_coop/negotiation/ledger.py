"""Money: when a clause is due, what it costs, and a ledger in micro-units that sums to 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.interfaces.deals.money import micro, reward
from shapley_coop.interfaces.deals.settlement import SettlementMode
from shapley_coop.negotiation.book import Book, Divide, Due, lost_deposit
from shapley_coop.records import (
    Always,
    AtLeast,
    Breach,
    Clause,
    Coalition,
    Condition,
    Contract,
    Does,
    Keeps,
    Outcome,
    Seat,
    Step,
    Terms,
    Transfer,
)


class Settlement(NamedTuple):
    """What was paid at the end of a game, and which promises were broken."""

    payoffs: dict[Seat, float]
    """What each seat holds in the end, in reward."""
    transfers: tuple[Transfer, ...]
    breaches: tuple[Breach, ...]
    residual: int
    """Micro-units that were gained or lost on the way. It is always 0."""


class Payers(NamedTuple):
    """Who pays what it owes, and how far."""

    willing: Coalition = frozenset()
    """Who pays of its own accord where nothing is enforced."""
    floors: Mapping[Seat, float] | None = None
    """What contracts leave a payer at least, in reward. None means that liability has no limit."""


ENFORCED = Payers()
"""Only what is enforced is paid, and all of it."""


def holds(
    condition: Condition,
    steps: Sequence[Step],
    outcomes: Iterable[str],
    since: int = 0,
    breakers: Coalition = frozenset(),
) -> bool:
    """Return whether a condition holds in a finished game.

    Args:
        condition: what a clause depends on.
        steps: the recorded play.
        outcomes: the outcomes that hold at the end.
        since: the first step that counts.
        breakers: who broke the plan of the terms first, as `plan_breakers` says.
    """
    if isinstance(condition, Always):
        return True
    if isinstance(condition, Keeps):
        broke = breakers if condition.seat is None else breakers & {condition.seat}
        return (not broke) is not condition.unless
    if isinstance(condition, Outcome):
        happens = condition.outcome in outcomes
    elif isinstance(condition, Does):
        at = condition.step
        # A contract that was signed later says nothing of this step.
        action = None
        if since <= at < len(steps):
            action = steps[at].actions.get(condition.seat)
        happens = action == condition.action
    else:
        actions = [step.actions.get(condition.seat) for step in steps[since:]]
        happens = actions.count(condition.action) >= condition.times
    return happens is not condition.unless


def plan_breakers(terms: Terms, since: int, steps: Sequence[Step]) -> Coalition:
    """Return the seats that broke the plan of some terms at the first step at which anybody did.

    Once a plan is broken it binds nobody, so what others do afterwards breaks nothing.

    Args:
        terms: with or without a plan.
        since: the step of the first planned actions.
        steps: the recorded play, whole or not.
    """
    for turn, step in enumerate(steps[since:]):
        broke = set()
        for seat, line in terms.plan.items():
            # A seat that has left the game, or whose part is over, has nothing left to break.
            if turn >= len(line) or seat not in step.actions:
                continue
            if step.actions[seat] != line[turn]:
                broke.add(seat)
        if broke:
            return frozenset(broke)
    return frozenset()


def income_since(
    raw: Mapping[Seat, float], steps: Sequence[Step], since: int
) -> dict[Seat, float]:
    """Return what the game has paid each seat from a step on, in reward.

    Args:
        raw: what it has paid each seat in all.
        steps: the recorded play.
        since: the first step that counts.
    """
    income = dict(raw)
    for step in steps[:since]:
        for seat, paid in step.rewards.items():
            income[seat] -= paid
    return income


def amount_due(clause: Clause, income: Mapping[Seat, float]) -> int:
    """Return what a clause costs its payer if its condition holds, in micro-units.

    Args:
        clause: an amount, or a share of what its payer earns.
        income: what the game has paid each seat since the clause was signed, in reward.
    """
    if clause.unit == "share":
        # A share of a loss is nothing: a clause never makes the payee pay.
        gain = max(0.0, income[clause.payer])
        return micro(clause.price * gain)
    return micro(clause.price)


class Promise(NamedTuple):
    """An action that a seat is to take, or owes for if it does not."""

    deed: Does | AtLeast
    """Holds if the promise is kept."""
    clause: Clause
    """The clause that holds the promise."""


def promises(clauses: Iterable[Clause]) -> list[Promise]:
    """Return the actions that seats promised, each once.

    A clause that pays a seat for an action is that seat's promise to take it, and so is one by
    which it pays unless it takes it. Breaking it is a breach, whatever is then due.
    """
    by_deed: dict[Does | AtLeast, Promise] = {}
    for clause in clauses:
        condition = clause.condition
        if not isinstance(condition, Does | AtLeast):
            continue
        promiser = clause.payer if condition.unless else clause.payee
        if condition.seat == promiser:
            deed = condition.model_copy(update={"unless": False})
            by_deed.setdefault(deed, Promise(deed, clause))
    return list(by_deed.values())


def _broken(
    terms: Terms,
    steps: Sequence[Step],
    outcomes: Iterable[str],
    since: int,
    breakers: Coalition,
) -> list[tuple[Seat, Clause]]:
    """Return who did not act as promised, each with a clause that held the promise."""
    broken = []
    for deed, clause in promises(terms.clauses):
        # Nobody breaks a promise of what came before it, or of a step that never came.
        if isinstance(deed, Does) and not since <= deed.step < len(steps):
            continue
        if not holds(deed, steps, outcomes, since):
            broken.append((deed.seat, clause))
    for seat in terms.plan:
        if seat in breakers:
            clause = _clause_of_plan(terms, seat)
            broken.append((seat, clause))
    return broken


def _clause_of_plan(terms: Terms, seat: Seat) -> Clause:
    """Return the clause that a seat's part of a plan hangs on most closely."""
    about_plan = [c for c in terms.clauses if isinstance(c.condition, Keeps)]
    for clause in about_plan:
        if isinstance(clause.condition, Keeps) and clause.condition.seat == seat:
            return clause
    return about_plan[0] if about_plan else terms.clauses[0]


def pay_contracts(
    raw: Mapping[Seat, float],
    contracts: Sequence[Contract],
    steps: Sequence[Step],
    outcomes: Iterable[str],
    *,
    mode: SettlementMode,
    deposit: float = 0.0,
    rule_division: Divide | None = None,
    signed_division: Divide | None = None,
    payers: Payers = ENFORCED,
) -> Settlement:
    """Divide the rewards by rule, pay contracts on top, then divide what is held as was signed.

    A rule comes before contracts, so that it neither refunds what they cost nor takes what they
    brought. Seats that signed a division knew what the contracts had left them.

    Args:
        raw: each seat's reward from the game.
        contracts: signed contracts, each in force from its step on.
        steps: the recorded play.
        outcomes: outcomes that hold at the end.
        mode: whether what was agreed is paid, and whether broken promises cost the deposit. What
            was due and is not paid is recorded as breaches.
        deposit: what a broken promise to act costs where the mode forfeits it, in reward. It goes
            to the other seats that the contract binds.
        rule_division: what the protocol makes of raw rewards. The engine carries it out in every
            mode. None means that they stay as they are.
        signed_division: what seats agreed to make of their holdings after contracts. None means
            that they signed none.
        payers: who pays what the mode does not enforce, and what contracts leave payers at least.
    """
    book = Book(raw)
    everybody = frozenset(raw)
    paying = everybody if mode.enforced else payers.willing
    if rule_division is not None:
        book.divide(rule_division, everybody)
    dues: list[Due] = []
    for contract in contracts:
        terms, since = contract.offer.terms, contract.step
        breakers = plan_breakers(terms, since, steps)
        income = income_since(raw, steps, since)
        for clause in terms.clauses:
            if not holds(clause.condition, steps, outcomes, since, breakers):
                continue
            amount = amount_due(clause, income)
            if clause.payer in paying:
                dues.append(Due(clause.payer, clause.payee, amount, "clause"))
            else:
                book.owe(clause.payer, clause.payee, amount)
        # Whether a promise was kept is recorded in every mode, since studies count it.
        for seat, clause in _broken(terms, steps, outcomes, since, breakers):
            book.breaches.append(Breach(seat=seat, clause=clause, broken="action"))
            if mode.forfeits:
                dues += lost_deposit(seat, micro(deposit), terms.seats - {seat})
    book.pay_all(dues, _in_micro(payers.floors))
    if signed_division is not None:
        book.divide(signed_division, paying)
    return Settlement(
        payoffs={seat: reward(units) for seat, units in book.balance.items()},
        transfers=tuple(book.transfers),
        breaches=tuple(book.breaches),
        residual=sum(book.balance.values()) - book.total,
    )


def _in_micro(amounts: Mapping[Seat, float] | None) -> dict[Seat, int] | None:
    if amounts is None:
        return None
    return {seat: micro(amount) for seat, amount in amounts.items()}


def deposits_held(contract: Contract, deposit: float) -> dict[Seat, float]:
    """Return what seats leave in escrow when they sign, in reward: a deposit for each promise.

    Who promised neither an action nor a part of a plan has nothing to lose there.

    Args:
        contract: what they sign.
        deposit: what a broken promise costs.
    """
    terms = contract.offer.terms
    promisers = [promise.deed.seat for promise in promises(terms.clauses)]
    counts = Counter([*promisers, *terms.plan])
    return {seat: deposit * count for seat, count in sorted(counts.items())}
