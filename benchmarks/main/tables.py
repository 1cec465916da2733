"""Random legal and illegal moves at tables of every order, quorum, phase and settlement mode."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import Any, Literal

import numpy as np
from pydantic import ValidationError

from benchmarks.main.bars import Bar, Settings
from shapley_coop.config.protocol import TableSettings
from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.deals.money import apportion
from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.scope import Scope
from shapley_coop.negotiation.settlement import BINDING, CHEAP_TALK, ESCROW
from shapley_coop.negotiation.table import Table
from shapley_coop.records import (
    Accept,
    AtLeast,
    Clause,
    Contract,
    Counter,
    Does,
    Halt,
    Move,
    Outcome,
    Phase,
    Propose,
    Reject,
    Seat,
    Step,
    Terms,
    Wait,
)

ACTIONS, OUTCOMES = ("lever", "door"), ("escaped",)
ORDERS: tuple[Literal["fixed", "random", "simultaneous"], ...] = (
    "fixed",
    "random",
    "simultaneous",
)
STRANGE = "stranger"
"""A seat, action and outcome that no table knows."""


class Watcher:
    """Keeps its own account of who put forward or signed which offer."""

    def __init__(self) -> None:
        self.counts: Tally[str] = Tally()
        self.faults: Tally[str] = Tally()

    def sequence(self, rng: np.random.Generator) -> None:
        """Play one table to its end, then settle what was signed in a random game."""
        table = _table(rng)
        consent: dict[int, set[Seat]] = {}
        for _ in range(4000):
            if table.over:
                break
            self._turn(table, rng, consent)
        else:
            self.faults["endless table"] += 1
        contract = table.contract
        self.counts["signed" if contract else "dead"] += 1
        if contract is not None:
            unsigned = contract.offer.terms.seats - set(contract.signatures)
            unasked = set(contract.signatures) - consent.get(contract.offer.id, set())
            self.faults["contract without a signature"] += bool(unsigned or unasked)
            needed = table.settings.quorum * len(table.seats)
            self.faults["contract without a quorum"] += (
                len(contract.signatures) < needed - 1e-9
            )
        self._settle(table, contract, rng)

    def _turn(
        self, table: Table, rng: np.random.Generator, consent: dict[int, set[Seat]]
    ) -> None:
        moves: dict[Seat, Move | None] = {
            seat: _move(table, rng) for seat in table.turn()
        }
        if rng.random() < 0.05:
            moves[STRANGE] = Wait()
        elif rng.random() < 0.05:
            moves.pop(next(iter(moves)))
        before = _state(table)
        while True:
            try:
                said = table.step(moves)
            except IllegalMove:
                self.counts["refused"] += 1
                self.faults["a refused move changed the table"] += (
                    _state(table) != before
                )
                moves = {
                    seat: _legal(table, seat, moves.get(seat)) for seat in table.turn()
                }
                continue
            break
        self.counts["taken"] += len(said)
        standing = before["standing"]
        for seat, move in moves.items():
            if isinstance(move, Accept) and standing is not None:
                consent.setdefault(standing.id, {standing.author}).add(seat)
        if table.standing is not None:
            consent.setdefault(table.standing.id, {table.standing.author})
        halted = {
            seat
            for seat, move in moves.items()
            if isinstance(move, Halt) and standing is not None
        }
        if standing is not None:
            consent[standing.id] -= halted

    def _settle(
        self, table: Table, contract: Contract | None, rng: np.random.Generator
    ) -> None:
        steps, raw = _game(table.seats, rng)
        outcomes = frozenset(OUTCOMES) if rng.random() < 0.5 else frozenset()
        shares = contract.offer.terms.shares if contract else None

        def divided(held: Mapping[Seat, int]) -> Mapping[Seat, int]:
            return apportion(sum(held.values()), shares or dict.fromkeys(held, 1.0))

        for mode in (BINDING, ESCROW, CHEAP_TALK):
            after_play = table.phase == "split"
            settled = pay_contracts(
                raw,
                [contract] if contract else [],
                steps,
                outcomes,
                mode=mode,
                deposit=float(rng.uniform(0, 3)),
                rule_division=divided if after_play and not contract else None,
                signed_division=divided if after_play and contract else None,
            )
            micros = sum(round(settled.payoffs[seat] * 1e6) for seat in table.seats)
            kept = micros == sum(round(raw[seat] * 1e6) for seat in table.seats)
            self.faults["ledger not zero"] += settled.residual != 0 or not kept


def bars(settings: Settings) -> Iterator[Bar]:
    """Play 10,000 sequences. A crash of the table is an exception and so a miss."""
    sequences = settings.pick(10_000, 300)
    watcher = Watcher()
    rng = np.random.default_rng(20250607)
    began = perf_counter()
    for _ in range(sequences):
        watcher.sequence(rng)
    faults = {name: number for name, number in watcher.faults.items() if number}
    yield Bar(
        f"random legal and illegal moves, {sequences:,} sequences",
        "no crash, ledger zero, no contract without every bound seat's signature",
        f"faults: {faults or 'none'}; {watcher.counts['signed']:,} signed, "
        f"{watcher.counts['dead']:,} dead, {watcher.counts['taken']:,} moves taken, "
        f"{watcher.counts['refused']:,} refused, {perf_counter() - began:.1f} s",
        passed=not faults
        and all(watcher.counts[kind] for kind in ("signed", "dead", "refused")),
        data={"faults": faults, **watcher.counts},
    )


def _table(rng: np.random.Generator) -> Table:
    rules = TableSettings(
        rounds=int(rng.integers(1, 7)),
        order=ORDERS[int(rng.integers(len(ORDERS)))],
        quorum=float(rng.choice((0.01, 0.4, 0.5, 0.75, 1.0))),
    )
    seats = [f"player_{i}" for i in range(int(rng.integers(2, 6)))]
    phase: Phase = "task" if rng.random() < 0.6 else "split"
    scope = Scope(phase, seats, ACTIONS, OUTCOMES, step=0, horizon=1)
    return Table(scope, rules, rng)


def _state(table: Table) -> dict[str, Any]:
    return {
        "state": table.state,
        "round": table.round,
        "standing": table.standing,
        "signed": set(table.signed),
        "refused": set(table.refused),
        "halted": set(table.halted),
        "history": list(table.history),
        "turn": table.turn(),
    }


def _move(table: Table, rng: np.random.Generator) -> Move | None:
    """Draw any move, legal or not. Terms that no record can hold are drawn again."""
    draw = rng.random()
    standing = table.standing.id if table.standing else 1
    if draw < 0.35:
        return Accept(
            offer=standing if rng.random() < 0.9 else int(rng.integers(0, 50))
        )
    if draw < 0.75:
        terms = _terms(table, rng)
        fits = rng.random() < 0.85
        return (
            Propose(terms=terms)
            if fits is (table.standing is None)
            else Counter(terms=terms)
        )
    plain: tuple[Move | None, ...] = (Reject(), Halt(), Wait(), Wait(), None)
    return plain[int(rng.integers(len(plain)))]


def _terms(table: Table, rng: np.random.Generator) -> Terms:
    seats = list(table.seats)
    strange = rng.random()
    if strange < 0.05:
        seats[-1] = STRANGE
    if (table.phase == "split") is (strange < 0.9):
        if strange > 0.85:
            seats = seats[:-1]
        parts = rng.dirichlet([1.0] * len(seats)).tolist()
        return Terms(shares=dict(zip(seats, parts, strict=True)))
    wanted = int(rng.integers(0 if strange > 0.95 else 1, 4))
    clauses: list[Clause] = []
    while len(clauses) < wanted:
        try:
            clauses.append(_clause(seats, rng))
        except ValidationError:
            continue  # a seat that would pay itself, a share above one
    return Terms(clauses=tuple(clauses))


def _clause(seats: list[Seat], rng: np.random.Generator) -> Clause:
    payer, payee, third = (str(rng.choice(seats)) for _ in range(3))
    action = str(rng.choice((*ACTIONS, STRANGE), p=(0.48, 0.48, 0.04)))
    unless = bool(rng.random() < 0.3)
    condition: Any = {"when": "always"}
    kind = rng.integers(4)
    if kind == 1:
        condition = Does(
            seat=third, action=action, step=int(rng.integers(0, 4)), unless=unless
        )
    elif kind == 2:
        condition = AtLeast(
            seat=third, action=action, times=int(rng.integers(1, 4)), unless=unless
        )
    elif kind == 3:
        outcome = OUTCOMES[0] if rng.random() < 0.9 else STRANGE
        condition = Outcome(outcome=outcome, unless=unless)
    share = rng.random() < 0.3
    price = float(rng.uniform(0, 1.05 if share else 12))
    if share:
        return Clause(
            payer=payer, payee=payee, price=price, unit="share", condition=condition
        )
    return Clause(payer=payer, payee=payee, price=price, condition=condition)


def _legal(table: Table, seat: Seat, move: Move | None) -> Move | None:
    """Return the move if it is legal, else a forfeit."""
    if move is None:
        return None
    try:
        table.check(seat, move)
    except IllegalMove:
        return None
    return move


def _game(
    seats: tuple[Seat, ...], rng: np.random.Generator
) -> tuple[list[Step], dict[Seat, float]]:
    steps = [
        Step(
            actions={seat: str(rng.choice(ACTIONS)) for seat in seats},
            rewards={seat: float(rng.normal(0, 10)) for seat in seats},
        )
        for _ in range(int(rng.integers(1, 4)))
    ]
    return steps, {seat: sum(step.rewards[seat] for step in steps) for seat in seats}
