"""The settlement modes of this project. All else reads them, so a new mode is a new row."""

from __future__ import annotations

from shapley_coop.interfaces.deals.settlement import SettlementMode

BINDING = SettlementMode(name="binding", enforced=True, forfeits=False)
"""Every clause is paid when its condition holds. No contract forces an action."""

ESCROW = SettlementMode(name="escrow", enforced=True, forfeits=True)
"""As `binding`, and a broken promise to act costs the deposit as well."""

CHEAP_TALK = SettlementMode(
    name="cheap-talk",
    enforced=False,
    forfeits=False,
    sentence="Nobody enforces them.",
)
"""Nothing that was agreed is paid. What was due is recorded as a breach."""

HONOUR = SettlementMode(
    name="honour",
    enforced=False,
    forfeits=False,
    asks=True,
    sentence="Nobody enforces them. In the end each player decides whether it pays what it owes.",
)
"""As `cheap-talk`, but payers are asked after play, so that a breach is a choice."""
