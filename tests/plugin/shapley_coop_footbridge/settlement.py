"""The settlement mode of the plug-in: nobody makes seats pay, and a broken word costs them."""

from shapley_coop.interfaces.deals.settlement import SettlementMode

HONOUR = SettlementMode(
    name="honour",
    enforced=False,
    forfeits=True,
    sentence="Payments are a matter of honour, but a broken promise to act costs the deposit.",
)
"""No promised payment is made, and a seat that does not act as it promised pays the deposit."""
