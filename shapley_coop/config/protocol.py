"""What is negotiated: the phases of a protocol, their tables, and the protocols by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, FiniteFloat

from shapley_coop.config.section import Section
from shapley_coop.records import Redistribution


class TableSettings(Section):
    """How one negotiation table works."""

    rounds: int = Field(default=3, ge=1, le=100)
    """The most rounds. In one round every seat may speak once."""
    order: Literal["fixed", "random", "simultaneous"] = "fixed"
    """Who speaks when. `random` draws a new order each round."""
    quorum: FiniteFloat = Field(default=1.0, gt=0, le=1)
    """The share of the seats that must sign. Those that an offer binds must always sign."""
    binds: bool = True
    """Whether seats can sign what they agree on. If not, they only say what they intend, what they
    propose and what they think of it, for all the rounds, and nothing of it is ever settled."""
    deadlock: Literal["none", "arbiter"] = "none"
    """What a dead table means: no deal, or the engine's own Shapley split."""


class NegotiationProtocol(Section):
    """Which phases are on and how each works. A protocol is data, never a subclass."""

    name: str = "shapley-coop"
    """The protocol that this one is, or varies."""
    task_table: TableSettings | None = TableSettings()
    """Negotiation before play. None means that nobody talks then."""
    short_term: bool = True
    """Seats state beliefs before they price, and are told what follows: what each seat is due, and
    whether to offer or to ask for a payment."""
    price_bound: Literal["own", "plan"] = "own"
    """Whose R stands in the price bound R - φ before play: what the seat itself expects of the
    game, or what the engine knows that the game's best plan pays it, which tells it the plan."""
    arithmetic: bool = True
    """Seats are shown what they would hold in the end by each of their actions, with what is
    signed and with the standing offer, as the engine works it out. All are taken to keep what they
    signed, and else to do what is safest for them or, where the price bound is the plan's, as
    planned."""
    reprice_every: int = Field(default=0, ge=0)
    """Re-open the task table before every k-th step. 0 means never."""
    reprice_on_change: bool = False
    """Re-open the task table also where the game says that something calls for new prices, such as
    a test that failed."""
    split: Redistribution = "negotiated"
    """How the pot is redistributed after play."""
    split_on_beliefs: bool = False
    """Whether split `shapley` divides by what seats stated, and not by credit as played. Then it
    pays to overstate one's own part."""
    split_table: TableSettings | None = TableSettings()
    """Negotiation after play, used when `split` is negotiated."""
    long_term: bool = True
    """Seats state beliefs again after play, with the measured log in view."""
    settlement: str = "binding"
    """The name of the settlement mode: `binding`, `escrow`, `cheap-talk`, `honour` or a plug-in's
    own."""
    deposit: FiniteFloat = Field(default=1.0, ge=0)
    """What a seat leaves in escrow for each action that it promises and each part of a plan, and
    forfeits if it does not keep it, if the settlement mode takes deposits."""
    liability: Literal["unlimited", "limited"] = "unlimited"
    """Whether contracts can push a payer below its outside option. If `limited`, lost deposits and
    then clauses, in the order of signing, are cut to what the payer holds above it."""


# Each one adds a phase to the one before it, so that a study can tell what a phase does.
PROTOCOLS: Mapping[str, NegotiationProtocol] = {
    protocol.name: protocol
    for protocol in (
        NegotiationProtocol(
            name="solo",
            task_table=None,
            short_term=False,
            split="none",
            split_table=None,
            long_term=False,
        ),
        NegotiationProtocol(
            name="neg",
            arithmetic=False,
            task_table=TableSettings(binds=False),
            short_term=False,
            split="none",
            split_table=None,
            long_term=False,
            settlement="cheap-talk",
        ),
        NegotiationProtocol(
            name="talk",
            short_term=False,
            split="none",
            split_table=None,
            long_term=False,
        ),
        NegotiationProtocol(
            name="short-term", split="none", split_table=None, long_term=False
        ),
        NegotiationProtocol(name="shapley-coop"),
    )
}
