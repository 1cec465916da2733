"""Tables and terms that tests of negotiation share."""

import numpy as np

from shapley_coop.config.protocol import TableSettings
from shapley_coop.negotiation import Table
from shapley_coop.negotiation.scope import Scope
from shapley_coop.records import (
    Clause,
    Does,
    Terms,
)

SEATS = ("a", "b", "c")


def table(seats=SEATS, phase="task", seed=0, step=0, horizon=1, **rules):
    scope = Scope(
        phase=phase,
        seats=seats,
        actions=("go", "stay"),
        outcomes=("won",),
        step=step,
        horizon=horizon,
    )
    return Table(scope, TableSettings(**rules), np.random.default_rng(seed))


def pays(payer="a", payee="b", price=1.0, seat=None, action="go", step=0):
    condition = Does(seat=seat or payee, action=action, step=step)
    return Terms(
        clauses=(Clause(payer=payer, payee=payee, price=price, condition=condition),)
    )
