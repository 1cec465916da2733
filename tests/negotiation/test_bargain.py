"""Thousands of random negotiations: what never happens at any table."""

import numpy as np

from shapley_coop.errors import IllegalMove
from shapley_coop.negotiation.division import division_as_signed
from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.settlement import BINDING, CHEAP_TALK, ESCROW
from shapley_coop.records import (
    Accept,
    Clause,
    Counter,
    Does,
    Halt,
    Propose,
    Reject,
    Step,
    Terms,
    Wait,
)
from tests.negotiation.tables import SEATS, table


def wild_terms(rng, phase):
    """Draw terms, many of which no table may take."""
    if rng.random() < 0.1:
        return Terms(
            shares=dict.fromkeys(SEATS, 1 / 3) if rng.random() < 0.7 else {"a": 1.0}
        )
    if phase == "split" and rng.random() < 0.9:
        parts = rng.dirichlet([1, 1, 1])
        return Terms(shares=dict(zip(SEATS, parts.tolist(), strict=True)))
    clauses = []
    for _ in range(rng.integers(0, 4)):
        among = [*SEATS, "stranger"] if rng.random() < 0.1 else SEATS
        payer, payee = rng.permutation(among)[:2].tolist()
        condition = Does(
            seat=str(rng.choice(SEATS)),
            action=str(rng.choice(["go", "stay", "fly"], p=[0.5, 0.45, 0.05])),
            step=int(rng.integers(3)),
            unless=bool(rng.integers(2)),
        )
        share = bool(rng.integers(2))
        price = float(rng.random() * (1 if share else 100))
        clauses.append(
            Clause(
                payer=payer,
                payee=payee,
                price=price,
                unit="share" if share else "reward",
                condition=condition,
            )
        )
    return Terms(clauses=tuple(clauses))


def wild_move(rng, made):
    """Draw a move of any kind, legal or not, or none."""
    kind = rng.integers(12)
    if kind == 0:
        return None
    if kind in (1, 2) or (made.standing is None and kind < 10):
        terms = wild_terms(rng, made.phase)
        return Propose(terms=terms) if made.standing is None else Counter(terms=terms)
    if kind < 10:
        return Accept(offer=made.standing.id if made.standing else int(rng.integers(3)))
    return (
        Reject() if rng.random() < 0.7 else (Halt() if rng.random() < 0.3 else Wait())
    )


def test_two_thousand_wild_negotiations():
    signed = dead = refused = 0
    for seed in range(2000):
        rng = np.random.default_rng(seed)
        phase = ("task", "split")[seed % 2]
        made = table(
            phase=phase,
            seed=seed,
            rounds=int(rng.integers(1, 6)),
            order=("fixed", "random", "simultaneous")[int(rng.integers(3))],
            quorum=(1.0, 0.6, 0.1)[int(rng.integers(3))],
        )
        for _ in range(200):
            if made.over:
                break
            moves = {seat: wild_move(rng, made) for seat in made.turn()}
            before = (made.state, made.standing, set(made.signed), len(made.history))
            try:
                made.step(moves)
            except IllegalMove:
                refused += 1
                assert (
                    made.state,
                    made.standing,
                    made.signed,
                    len(made.history),
                ) == before
                made.step(dict.fromkeys(moves))
            for seat in SEATS:
                assert made.legal(seat)
        assert made.over
        assert (made.contract is not None) == (made.state == "signed")
        signed, dead = signed + (made.state == "signed"), dead + (made.state == "dead")
        if made.contract is None:
            continue
        contract = made.contract
        assert contract.offer.terms.seats <= set(contract.signatures) <= set(SEATS)
        assert not set(contract.signatures) & made.halted
        settle_at_random(rng, contract)
    assert min(signed, dead, refused) > 200


def settle_at_random(rng, contract):
    steps = [
        Step(
            actions={s: str(rng.choice(["go", "stay"])) for s in SEATS},
            rewards={s: float(rng.normal() * 10) for s in SEATS},
        )
        for _ in range(3)
    ]
    raw = {s: sum(step.rewards[s] for step in steps) for s in SEATS}
    shares = contract.offer.terms.shares
    for mode in (BINDING, ESCROW, CHEAP_TALK):
        settled = pay_contracts(
            raw,
            [] if shares else [contract],
            steps,
            {"won"},
            mode=mode,
            deposit=1.0,
            signed_division=division_as_signed(shares) if shares else None,
        )
        assert settled.residual == 0
