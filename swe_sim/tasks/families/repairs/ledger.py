"""A ledger of accounts with fees and limits, into which one or two faults have been put."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.repairs.faults import Fault, with_faults

REFERENCE = """
\"\"\"Accounts in whole $coins, with a limit for debts and a fee for transfers.\"\"\"

LIMIT = $limit
FEE = $fee


class $ledger:
    def __init__(self):
        self.balances = {}
        self.history = []

    def open(self, name, amount=0):
        if name in self.balances:
            raise ValueError("the account exists")
        if amount < 0:
            raise ValueError("an account cannot open with a debt")
        self.balances[name] = amount
        self.history.append(("open", name, amount))

    def $deposit(self, name, amount):
        if amount <= 0:
            raise ValueError("an amount has to be positive")
        self.balances[name] += amount
        self.history.append(("$deposit", name, amount))
        return self.balances[name]

    def $withdraw(self, name, amount):
        if amount <= 0:
            raise ValueError("an amount has to be positive")
        if self.balances[name] - amount < -LIMIT:
            raise ValueError("the debt would be too large")
        self.balances[name] -= amount
        self.history.append(("$withdraw", name, amount))
        return self.balances[name]

    def transfer(self, source, target, amount):
        if target not in self.balances:
            raise KeyError(target)
        fee = 0 if amount $small $free else FEE
        self.$withdraw(source, amount + fee)
        self.$deposit(target, amount)
        return fee

    def total(self):
        return sum(self.balances.values())

    def debtors(self):
        return sorted(name for name, amount in self.balances.items() if amount < 0)
"""
SPEC = """
`$module.py` keeps accounts in whole $coins. It has worked, but somebody changed it, and now some
of what follows no longer holds. Mend it.

- `$ledger()` has no accounts. `open(name, amount=0)` opens one. A name that exists and a negative
  amount raise ValueError.
- `$deposit(name, amount)` and `$withdraw(name, amount)` change a balance and return the new one.
  An amount that is not positive raises ValueError, an unknown name KeyError. A balance may fall
  to -$limit and not below: a withdrawal beyond that raises ValueError and changes nothing.
- `transfer(source, target, amount)` moves an amount and returns the fee, which the source pays on
  top: $fee_words. An unknown target raises KeyError and changes nothing.
- `history` lists what was done as ('open' or '$deposit' or '$withdraw', name, amount), in order. A
  transfer is a $withdraw of amount and fee, then a $deposit.
- `total()` returns the sum of all balances, `debtors()` the names with a negative balance by
  alphabet.
"""
EXAMPLES = """
[opening]
book = $ledger()
book.open('ann', 200)
book.open('bob')
book.total()
book.balances['ann']
"""
CHECKS = """
book = $ledger()
book.open('ann', 200)
book.open('bob')
book.open('cid', 40)

[totals]
book.total()
book.debtors()
book.history

[opening_twice]
book.open('ann', 5)
book.open('dan', -1)
'dan' in book.balances
book.open('eve', 0)
book.balances['eve']

[changes 2]
book.$deposit('bob', 30)
book.$withdraw('bob', 10)
book.$deposit('bob', 1)
book.history[3:]

[amounts]
book.$deposit('ann', 0)
book.$withdraw('ann', 0)
book.$deposit('ann', -5)
book.$withdraw('ann', -5)
book.$withdraw('ann', 1)
book.$deposit('ann', 1)
book.$deposit('nobody', 5)
book.$withdraw('nobody', 5)
book.balances['ann']

[limit 2]
book.$withdraw('cid', 40 + $limit + 1)
book.balances['cid']
book.$withdraw('cid', 40 + $limit)
book.debtors()
book.$withdraw('bob', $limit + 2)

[transfers 2]
book.transfer('ann', 'bob', $free)
book.transfer('ann', 'bob', $free + 1)
book.transfer('ann', 'cid', $free - 1)
book.balances
book.history[3:]

[failed_transfers]
book.transfer('ann', 'nobody', 10)
book.transfer('bob', 'ann', $limit + 60)
book.transfer('nobody', 'ann', 1)
book.balances
len(book.history)
"""


def draft(draw: Draw) -> Draft:
    """Return a ledger with drawn rules, broken in one or two places."""
    deposit, withdraw = draw.one(
        (("deposit", "withdraw"), ("put", "take"), ("add", "pay"))
    )
    inclusive = draw.one((True, False))
    free = draw.whole(3, 9) * 10
    fee = draw.whole(1, 4)
    word = "up to" if inclusive else "below"
    values = {
        "module": draw.one(("ledger", "bank", "accounts")),
        "ledger": draw.one(("Ledger", "Bank", "Book")),
        "coins": draw.one(("cents", "pence", "groschen")),
        "limit": draw.whole(0, 4) * 25,
        "fee": fee,
        "deposit": deposit,
        "withdraw": withdraw,
        "small": "<=" if inclusive else "<",
        "free": free,
        "fee_words": f"0 for amounts {word} {free}, otherwise {fee}",
    }
    program = fill(REFERENCE, **values)
    path = f"{values['module']}.py"
    wrong = with_faults(program, _faults(values), draw, draw.turn((1, 2)))
    return Draft(
        spec=fill(SPEC, **values),
        imports=f"from {values['module']} import {values['ledger']}",
        files={path: wrong},
        reference={path: program},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


def _faults(values: dict[str, object]) -> tuple[Fault, ...]:
    return (
        Fault("- amount < -LIMIT", "- amount <= -LIMIT"),
        Fault("- amount < -LIMIT", "- amount < LIMIT"),
        Fault("amount + fee)", "amount)"),
        Fault(
            f"{values['deposit']}(target, amount)",
            f"{values['deposit']}(target, amount - fee)",
        ),
        Fault("return fee", "return amount"),
        Fault("if name in self.balances:", "if name in self.history:"),
        Fault("if amount < 0)", "if amount <= 0)"),
        Fault(f"0 if amount {values['small']} {values['free']} else FEE", "FEE"),
        Fault("self.balances[name] -= amount", "self.balances[name] = -amount"),
    )


FAMILY = Family("broken-ledger", "easy", draft)
