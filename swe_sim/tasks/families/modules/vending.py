"""A vending machine: coins in one file, the states in a second, the log in a third."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

COINS = {
    "cents": (200, 100, 50, 20, 10, 5),
    "pence": (100, 50, 20, 10, 2, 1),
    "öre": (500, 100, 50, 25, 10, 5),
}
COINS_CODE = """
\"\"\"Coins and change.\"\"\"

COINS = $coins


def $change(amount, box):
    given = []
    rest = amount
    for coin in COINS:
        left = box.get(coin, 0)
        while left > 0 and rest >= coin:
            given.append(coin)
            rest -= coin
            left -= 1
    return given if rest == 0 else None
"""
MACHINE = """
\"\"\"The machine.\"\"\"

from coins import COINS, $change


class $machine:
    def __init__(self, prices, box=None):
        self.prices = dict(prices)
        self.box = dict(box or {})
        self.paid = []
        self.locked = False
        self.faults = 0

    def $insert(self, coin):
        if self.locked:
            return "locked"
        if coin not in COINS:
            self.faults += 1
            if self.faults $many $limit:
                self.locked = True
            return "refused"
        $forgive
        self.paid.append(coin)
        return sum(self.paid)

    def $choose(self, name):
        if self.locked:
            return "locked"
        price = self.prices[name]
        if sum(self.paid) < price:
            return price - sum(self.paid)
        box = dict(self.box)
        for coin in self.paid:
            box[coin] = box.get(coin, 0) + 1
        back = $change(sum(self.paid) - price, box)
        if back is None:
            $no_change
        for coin in back:
            box[coin] -= 1
        self.box = {coin: count for coin, count in box.items() if count}
        self.paid = []
        return (name, back)

    def $cancel(self):
        back, self.paid = $order, []
        return back

    def unlock(self, code):
        if code == $code:
            self.locked = False
            self.faults = 0
        return not self.locked
"""
LOG = """
\"\"\"What a list of moves does to a machine.\"\"\"

from machine import $machine


def play(machine, moves):
    results = []
    for move in moves:
        if isinstance(move, int):
            results.append(machine.$insert(move))
        elif move == "$stop":
            results.append(machine.$cancel())
        else:
            results.append(machine.$choose(move))
    return results


def earned(prices, moves):
    machine = $machine(prices)
    sold = {name: 0 for name in prices}
    for result in play(machine, moves):
        if isinstance(result, tuple):
            sold[result[0]] += 1
    return {name: count for name, count in sold.items() if count >= $least}
"""
SPEC = """
Write a vending machine in three files. Amounts are whole $unit, coins are $coins.

`coins.py` has `$change(amount, box)`: it takes from a box (a dictionary from coin to count, which
it does not change) always the largest coin that still fits, and returns the list of coins, largest
first, or None if that does not lead to the amount. Coins that exist not at all are never given.

`machine.py` has a class `$machine(prices, box=None)` of a dictionary from name to price and the
box at the beginning, empty if it is None:
- `$insert(coin)` returns how much is paid by now. What is no coin returns 'refused' and changes
  nothing, but $limit_words. $forgive_words
- `$choose(name)` returns how much is still missing, or else sells: what was paid goes into the
  box, the change is given from it by `$change`, and (name, list of coins) is returned. Nothing
  is paid then. $no_change_words An unknown name raises KeyError.
- `$cancel()` returns the paid coins, $order_words, also if the machine is locked. Nothing is
  paid then.
- While the machine is locked, `$insert` and `$choose` return 'locked'. `unlock(code)` with the code
  $code unlocks it and forgets what was refused. It returns whether the machine is unlocked now.
- `box` is a dictionary from coin to count, without coins of which it has none once something was
  sold.

`log.py` has two functions:
- `play(machine, moves)` returns the list of what the moves return: a number is inserted, the text
  '$stop' cancels, any other text is chosen.
- `earned(prices, moves)` plays the moves on a new machine with an empty box and returns a
  dictionary from the names that were sold at least $least_words to how often.
"""
EXAMPLES = """
[a_sale]
machine = $machine({'tea': $b})
machine.$insert($b)
machine.$choose('tea')
"""
CHECKS = """
machine = $machine({'tea': $b + $d, 'gum': $e, 'bar': $b}, {$c: 1, $d: 3, $e: 2})

[changes 2]
$change($a + $c, {$a: 2, $b: 3, $c: 3})
$change($b, {$b: 0, $c: 2, $d: 9, $e: 9, $f: 9})
$change(0, {})
$change($a, {$b: 1}) is None
$change($e, {$a: 2, $e: 1})
$change(2 * $b, {$b: 1, $c: 9})

[foreign_coins]
$change(3, {3: 1}) is None
box = {$a: 1}
$change($a, box)
box

[sales 2]
machine.$insert($b)
machine.$choose('tea')
machine.$insert($b)
machine.$choose('tea')
machine.box
machine.$cancel()

[exact_sales]
machine.$insert($e)
machine.$choose('gum')
machine.$insert($b)
machine.$choose('bar')
machine.box

[no_change 2]
machine.$insert($a)
machine.$insert($a)
machine.$choose('gum')
machine.box
machine.$cancel()

[cancelling]
machine.$insert($c)
machine.$insert($a)
machine.$insert($d)
machine.$cancel()
machine.$cancel()
machine.$insert($f)

[unknown_names]
machine.$choose('nothing')

[refusals 2]
[machine.$insert(3) for _ in range($limit - 1)]
machine.$insert($f)
machine.$insert(7)
machine.$insert(7)
machine.$insert(7)
machine.$choose('gum')

[locks]
[machine.$insert(3) for _ in range($limit + 2)]
machine.$insert($a)
machine.$choose('nothing')
machine.$cancel()
machine.unlock($code + 1)
machine.$insert($a)
machine.unlock($code)
machine.$insert($a)
[machine.$insert(3) for _ in range($limit + 1)]

[after_a_lock]
[machine.$insert(3) for _ in range($limit + 1)]
machine.unlock($code)
[machine.$insert(3) for _ in range($limit - 1)]
machine.$insert($f)
machine.$insert(3)
machine.$insert($f)

[moves]
play(machine, [$a, 'tea', $b, '$stop', 9999, 'gum', $e, 'gum'])

[earnings]
earned({'x': $f, 'y': $e}, [$f, 'x', $f, 'x', $e, 'y', 'y'])
earned({'x': $f, 'y': $e, 'z': 0}, [$f, 'x', $e, 'y', $e, 'y', $e, 'y'])
earned({'x': $f}, [])
"""


def draft(draw: Draw) -> Draft:
    """Return a machine with drawn coins, locks and treatment of missing change."""
    unit = draw.turn(tuple(COINS))
    coins = COINS[unit]
    inclusive = draw.one((True, False))
    forgive = draw.one((True, False))
    keep = draw.one((True, False))
    order = draw.one(("paid", "sorted"))
    limit = draw.whole(2, 3)
    names = (
        ("change", ("change", "give_back", "coins_for")),
        ("machine", ("Machine", "Vendor", "Automat")),
        ("insert", ("insert", "pay", "drop")),
        ("choose", ("choose", "buy", "press")),
        ("cancel", ("cancel", "abort", "refund")),
        ("stop", ("stop", "end", "enough")),
    )
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in names},
        **dict(zip("abcdef", coins, strict=True)),
        "unit": unit,
        "coins": coins,
        "many": ">=" if inclusive else ">",
        "limit": limit,
        "forgive": "self.faults = 0" if forgive else "",
        "order": "self.paid" if order == "paid" else "sorted(self.paid)",
        "code": draw.whole(1000, 9999),
        "least": draw.whole(1, 2),
        "no_change": (
            'return "no change"'
            if keep
            else "returned, self.paid = self.paid, []\n            return returned"
        ),
    }
    after = limit if inclusive else limit + 1
    words = {
        "limit_words": f"{after} refusals lock the machine (the last one still returns 'refused')",
        "forgive_words": (
            "A coin that is taken forgets the refusals before it."
            if forgive
            else "Coins that are taken in between do not matter."
        ),
        "no_change_words": (
            "If there is no such change, it returns 'no change' and changes nothing."
            if keep
            else "If there is no such change, it returns the list of the paid coins in the order "
            "in which they were paid, and nothing is paid then."
        ),
        "order_words": "in the order in which they were paid"
        if order == "paid"
        else "smallest first",
        "least_words": "once" if values["least"] == 1 else "twice",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            f"from coins import {values['change']}\nfrom log import earned, play\n"
            f"from machine import {values['machine']}"
        ),
        reference={
            "coins.py": fill(COINS_CODE, **values),
            "machine.py": fill(MACHINE, **values),
            "log.py": fill(LOG, **values),
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("vending-machine", "medium", draft)
