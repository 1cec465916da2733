"""What a seat holds in the end of a play under what was signed, or at least once a plan is left.

It is computed as the ledger would settle it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import NamedTuple

from shapley_coop.agents.rules.branches import Branch, Plan, paid_in
from shapley_coop.agents.rules.commitments import (
    Commitment,
    Play,
    broken_promises,
    least_net,
)
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.interfaces.deals.money import micro
from shapley_coop.negotiation.ledger import Payers, pay_contracts
from shapley_coop.negotiation.settlement import BINDING, ESCROW
from shapley_coop.records import Contract, Offer, Seat


class Enforcement(NamedTuple):
    """How far a seat can count on what is signed."""

    others_pay: bool = True
    """Whether others pay what they owe."""
    pays: bool = True
    """Whether the seat itself pays what it owes."""
    deposit: float = 0.0
    """What the seat forfeits for each promise that it breaks. Those of others are counted only
    where a whole play is settled under limited liability."""
    limited: bool = False
    """Whether contracts leave every payer its outside option of the opening. Of a play that is over
    it is then known who can pay. Before that, who left a plan may still lose what it owes."""


FULL = Enforcement()
"""Everything is paid, and no deposit is at stake."""


def held_under(
    economy: Economy,
    seat: Seat,
    profile: Plan,
    commitments: Sequence[Commitment],
    enforcement: Enforcement = FULL,
) -> float:
    """Return what a seat holds in the end under a profile and what was signed."""
    ending = economy.preview(profile)
    play = Play(ending.steps, ending.outcomes, over=True, left=0)
    return _held(economy, seat, play, ending.payoffs, 0.0, commitments, enforcement)


def least_after(
    economy: Economy,
    seat: Seat,
    branch: Branch,
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
) -> float:
    """Return what a seat holds in the end at least, once a plan was left."""
    divided: Mapping[Seat, float] = {seat: economy.floor(branch, seat)}
    # What all others have tells who can pay.
    if branch.play.over and enforcement.limited:
        divided = economy.floors(branch)
    ahead = branch.secure[seat]
    return _held(economy, seat, branch.play, divided, ahead, commitments, enforcement)


def _held(
    economy: Economy,
    seat: Seat,
    play: Play,
    divided: Mapping[Seat, float],
    ahead: float,
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
) -> float:
    """Return what a seat holds at least.

    Args:
        economy: the game as it stands.
        seat: whose holdings they are.
        play: as far as it has come.
        divided: what seats have before contracts, and at least where the play is not over.
        ahead: what the game is sure to pay the seat after the play.
        commitments: what was signed, or would be.
        enforcement: how far it can be counted on.
    """
    if not enforcement.pays:
        return divided[seat]
    if enforcement.limited and enforcement.others_pay and play.over:
        deposit = enforcement.deposit
        return _settled(economy, play, divided, commitments, deposit)[seat]
    held = divided[seat]
    for commitment in commitments:
        breakers = economy.breakers(commitment, play)
        stakes = economy.stakes(seat, commitment.terms)
        if enforcement.limited or not enforcement.others_pay:
            stakes = stakes.if_unpaid()
        # Shares are of what the game pays, of which a division of the pot tells nothing.
        if stakes.owes_share and economy.divides and not play.over:
            return float("-inf")
        income: Mapping[Seat, float] = {}
        if stakes.has_shares:
            earned = paid_in(play.steps[commitment.since :], economy.game.seats)
            income = {**earned, seat: earned[seat] + ahead}
        held += least_net(stakes, commitment.since, play, breakers, seat, income)
        if enforcement.deposit:
            broken = broken_promises(commitment, seat, play, breakers)
            held -= enforcement.deposit * broken
    if enforcement.limited:
        # No contract takes more than what is above the outside option.
        held = max(held, min(divided[seat], economy.outside[seat]))
    return held


def _settled(
    economy: Economy,
    play: Play,
    divided: Mapping[Seat, float],
    commitments: Sequence[Commitment],
    deposit: float,
) -> Mapping[Seat, float]:
    """Return what all seats hold once a whole play is settled under limited liability."""
    signed = tuple((id(terms), since) for terms, since in commitments)
    key = "settled", id(play.steps), signed, deposit

    def work() -> Mapping[Seat, float]:
        return _settlement(economy, play, divided, commitments, deposit)

    return economy.once(key, (play.steps, tuple(commitments)), work)


def _settlement(
    economy: Economy,
    play: Play,
    divided: Mapping[Seat, float],
    commitments: Sequence[Commitment],
    deposit: float,
) -> Mapping[Seat, float]:
    contracts = []
    for terms, since in commitments:
        signers = tuple(terms.seats)
        offer = Offer(id=1, author=signers[0], round=1, terms=terms)
        contracts.append(Contract(offer=offer, signatures=signers, step=since))
    floors = {s: least for s, least in economy.outside.items() if isfinite(least)}
    by_rule = {seat: micro(amount) for seat, amount in divided.items()}
    settlement = pay_contracts(
        paid_in(play.steps, economy.game.seats),
        contracts,
        play.steps,
        play.outcomes,
        mode=ESCROW if deposit else BINDING,
        deposit=deposit,
        rule_division=lambda _: by_rule,
        payers=Payers(floors=floors),
    )
    return settlement.payoffs
