"""The settlement mode of the plug-in: nobody makes seats pay, and a broken word costs them."""

from shapley_coop.interfaces.deals.settlement import SettlementMode

BAIL = SettlementMode(
    name="bail",
    enforced=False,
    forfeits=True,
    sentence="Payments are left to each player, but a broken promise to act costs the deposit.",
)
"""No promised payment is made, and a seat that does not act as it promised pays the deposit."""
