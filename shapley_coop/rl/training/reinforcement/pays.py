"""What learners are paid: a table of rules, each a protocol's division and a view of rewards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shapley_coop.config.protocol import NegotiationProtocol, TableSettings
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.negotiation.envs.menu import MenuKind
from shapley_coop.records import Redistribution, Seat

Rewards = Mapping[Seat, float]
MOST_WELFARE = 1000.0
"""A greater weight would leave nothing of a seat's own pay in single precision."""

TIE_BREAK = 0.05
"""How much of the total Shapley pay holds, unless told otherwise.

Actions may have equal Shapley values and differ in the total by much, as a fifth seat of ER(5,2) at
the door and at the lever. No learner can choose the better of them by that pay alone.
"""


@dataclass(frozen=True)
class PayRule:
    """A rule by which learners are paid."""

    meaning: str
    """What a seat is paid, in one sentence."""
    split: Redistribution | None = None
    """How the pot is divided after play. None leaves that to the protocol."""
    is_shared: bool = False
    """Whether every seat is paid what all earn together."""
    menu: MenuKind = "prices"
    """What the task table offers."""
    welfare: float = 0.0
    """How much of what all earn together is added to what a seat is paid."""

    def protocol(self, protocol: NegotiationProtocol) -> NegotiationProtocol:
        """Return the protocol under which seats are paid by this rule."""
        if self.split is not None:
            protocol = protocol.model_copy(update={"split": self.split})
        if self.menu == "contracts" and protocol.task_table is None:
            # One proposal and one answer of each seat, as in the paper.
            table = TableSettings(rounds=1, order="random")
            protocol = protocol.model_copy(update={"task_table": table})
        return protocol

    def pay(self, rewards: Rewards) -> dict[Seat, float]:
        """Return what seats are paid for settled rewards of one step."""
        total = sum(rewards.values())
        if self.is_shared:
            rewards = dict.fromkeys(rewards, total)
        return {seat: own + self.welfare * total for seat, own in rewards.items()}


PAYS: Mapping[str, PayRule] = {
    "individual": PayRule("A seat is paid what it holds in the end."),
    "team": PayRule("Every seat is paid what all earn together.", is_shared=True),
    "equal": PayRule(
        "The pot is divided evenly among the seats that changed something, the others have "
        "nothing of it, and what was signed is paid on top.",
        split="equal",
    ),
    "shapley": PayRule(
        "The pot is divided by the Shapley values of what was played, and what was signed is paid "
        "on top.",
        split="shapley",
        welfare=TIE_BREAK,
    ),
    "contracts": PayRule(
        "A seat is paid what it holds in the end, and seats may bind all by a rule of payment "
        "that one of them proposes (Haupt et al. 2022).",
        menu="contracts",
    ),
}


def pay_rule(name: str, *, welfare: float | None = None) -> PayRule:
    """Return a rule by its name.

    Args:
        name: one of `PAYS`.
        welfare: how much of what all earn together is added to what a seat is paid. None leaves
            that to the rule.

    Raises:
        ConfigError: there is no such rule, or the weight is below 0 or above `MOST_WELFARE`.
    """
    if name not in PAYS:
        raise ConfigError(unknown("pay", name, PAYS), field="pay")
    if welfare is None:
        return PAYS[name]
    if not 0 <= welfare <= MOST_WELFARE:
        raise ConfigError(
            f"welfare is {welfare}; it must be a number from 0 to {MOST_WELFARE:g}",
            field="welfare",
        )
    return replace(PAYS[name], welfare=welfare)
