"""The flow of a protocol: which table opens when, what a dead one means, and how money ends.

Plays with live agents and environments for learners both follow what is written here, so that the
two cannot come to differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np

from shapley_coop.config.protocol import NegotiationProtocol, TableSettings
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.book import Divide
from shapley_coop.negotiation.division import (
    division_as_signed,
    division_on_beliefs,
    division_rule,
)
from shapley_coop.negotiation.ledger import ENFORCED, Payers, Settlement, pay_contracts
from shapley_coop.negotiation.scope import scope_of_game
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.negotiation.table import Table
from shapley_coop.records import (
    Beliefs,
    Contract,
    Credit,
    Redistribution,
    Seat,
    Step,
)

TablePhase = Literal["task", "split"]
"""The phases in which seats sit at a table: before a step of play, and after the game."""


def task_table(
    protocol: NegotiationProtocol, step: int, *, change: bool = False
) -> TableSettings | None:
    """Return the task table that opens before a step, or None if none does.

    It opens before the first step and, where the protocol reprices, before every k-th one or where
    there was a change that calls for new prices, as the game says.
    """
    # A protocol without a task table answers None in any case.
    every = protocol.reprice_every
    reopens = every > 0 and step % every == 0
    reopens |= change and protocol.reprice_on_change
    return protocol.task_table if step == 0 or reopens else None


def split_table(protocol: NegotiationProtocol) -> TableSettings | None:
    """Return the table at which seats divide the pot after play, or None if there is none."""
    return protocol.split_table if protocol.split == "negotiated" else None


def open_table(
    game: Game,
    seats: Sequence[Seat],
    settings: TableSettings,
    *,
    phase: TablePhase,
    rng: np.random.Generator,
    step: int,
    contracts: Sequence[Contract] = (),
) -> Table:
    """Return a fresh table of a game, at which its actions and outcomes may be named.

    Args:
        game: the game as it stands.
        seats: who sits at the table, in speaking order.
        settings: rounds, order and quorum.
        phase: whether the task is priced or the pot divided.
        rng: draws speaking orders.
        step: the game step from which a contract is in force.
        contracts: what was signed at earlier tables.
    """
    scope = scope_of_game(game, seats, phase, step)
    signed = tuple(contract.offer.terms for contract in contracts)
    return Table(scope._replace(signed=signed), settings, rng)


def calls_arbiter(settings: TableSettings, contract: Contract | None) -> bool:
    """Return whether a table that has ended leaves its matter to an arbiter."""
    return contract is None and settings.deadlock == "arbiter"


def arbiter_divides(
    rule: Redistribution, *, deadlock: bool, signed_division: bool
) -> bool:
    """Return whether an arbiter divides the pot.

    Args:
        rule: the protocol's redistribution. An arbiter never overrules one that divides.
        deadlock: whether some table has left its matter to an arbiter.
        signed_division: whether the seats signed a division.
    """
    return deadlock and not signed_division and rule in ("none", "negotiated")


def dividing_rule(
    protocol: NegotiationProtocol, *, deadlock: bool, signed_division: bool
) -> Redistribution:
    """Return the rule that divides: the protocol's, or Shapley's where an arbiter does."""
    if arbiter_divides(
        protocol.split, deadlock=deadlock, signed_division=signed_division
    ):
        return "shapley"
    return protocol.split


def may_divide_by_credit(protocol: NegotiationProtocol) -> bool:
    """Return whether some ending of a play divides by credit, and cannot do without it."""
    if protocol.split in ("shapley", "banzhaf"):
        return True
    # An arbiter divides by Shapley values, whatever the protocol's own rule.
    tables = (protocol.task_table, protocol.split_table)
    return any(table is not None and table.deadlock == "arbiter" for table in tables)


def may_divide_by_rule(protocol: NegotiationProtocol) -> bool:
    """Return whether some ending of a play divides by a rule, which looks at credit as played.

    Every rule does, since none gives anything to a seat that changed nothing.
    """
    fixed = protocol.split not in ("none", "negotiated")
    return fixed or may_divide_by_credit(protocol)


def raw_rewards(seats: Iterable[Seat], steps: Sequence[Step]) -> dict[Seat, float]:
    """Return each seat's total reward from the game over these steps."""
    return {
        seat: float(sum(step.rewards.get(seat, 0.0) for step in steps))
        for seat in seats
    }


def binding(protocol: NegotiationProtocol) -> NegotiationProtocol:
    """Return a protocol under which every promise of payment is kept."""
    return protocol.model_copy(update={"settlement": BINDING.name})


def outside_options(game: Game) -> dict[Seat, float]:
    """Return what each seat can secure alone, in reward, where the game knows it.

    Args:
        game: at its opening.
    """
    options = {}
    for seat in game.seats:
        security = game.security(seat)
        if security is not None:
            options[seat] = security.value
    return options


def settle(
    game: Game,
    protocol: NegotiationProtocol,
    contracts: Sequence[Contract],
    steps: Sequence[Step],
    *,
    division: Contract | None,
    credit: Credit | None,
    deadlock: bool,
    beliefs: Mapping[Seat, Beliefs] | None = None,
    payers: Payers = ENFORCED,
) -> Settlement:
    """Divide the pot as the protocol says and pay what was signed in a finished game.

    Args:
        game: the game at its end.
        protocol: the settlement mode, the deposit and the redistribution.
        contracts: what was signed before and during play.
        steps: the recorded play.
        division: what was signed after play, if anything was.
        credit: credit of the play as realised, by which rules divide.
        deadlock: whether some table has left its matter to an arbiter.
        beliefs: what seats stated, used where the protocol splits on beliefs.
        payers: who pays of its own accord what is not enforced. Their floors are the outside
            options of the opening, which count where liability is limited.

    Raises:
        ValueError: liability is limited, and no outside options were given.
        PluginError: the protocol names a settlement mode that does not exist.
    """
    if protocol.liability == "unlimited":
        payers = payers._replace(floors=None)
    elif payers.floors is None:
        raise ValueError("limited liability is settled by outside options; give them")
    raw = raw_rewards(game.seats, steps)
    shares = None if division is None else division.offer.terms.shares
    by_rule = None
    if division is None:
        by_rule = _rule_division(game, protocol, raw, credit, beliefs or {}, deadlock)
    return pay_contracts(
        raw,
        contracts,
        steps,
        game.outcomes(),
        mode=settlement_mode(protocol.settlement),
        deposit=protocol.deposit,
        rule_division=by_rule,
        signed_division=None if shares is None else division_as_signed(shares),
        payers=payers,
    )


def _rule_division(
    game: Game,
    protocol: NegotiationProtocol,
    raw: Mapping[Seat, float],
    credit: Credit | None,
    beliefs: Mapping[Seat, Beliefs],
    deadlock: bool,
) -> Divide | None:
    rule = dividing_rule(protocol, deadlock=deadlock, signed_division=False)
    # Where nobody stated a belief, what was played is all that is known.
    if protocol.split_on_beliefs and rule == "shapley" and beliefs:
        return division_on_beliefs(beliefs, game.seats)
    # A game without contribution figures of its own counts what each seat was paid.
    figures = game.contributions() or raw
    return division_rule(rule, game.seats, credit=credit, figures=figures)
