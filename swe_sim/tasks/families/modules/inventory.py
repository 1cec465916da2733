"""A shop's stock: goods in one file, prices in a second, orders and reports in a third."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill

REBATES = {
    "many": (
        "    if count >= $enough:\n        total -= total * $percent // 100",
        "From $enough pieces on, $percent percent of that are taken off (rounded down)",
    ),
    "pack": (
        "    total -= count // $enough * unit",
        "Every ${enough}th piece is free",
    ),
    "above": (
        "    if count > $enough:\n        total -= (count - $enough) * unit * $percent // 100",
        "Pieces beyond the first $enough are $percent percent cheaper, where the sum of what is "
        "taken off is rounded down",
    ),
}
STOCK = """
\"\"\"Goods on the shelf.\"\"\"


class $stock:
    def __init__(self):
        self.counts = {}

    def $put(self, name, count):
        if count < 1:
            raise ValueError("at least one piece is needed")
        self.counts[name] = self.counts.get(name, 0) + count

    def $take(self, name, count):
        if count < 1:
            raise ValueError("at least one piece is needed")
        there = self.counts.get(name, 0)
        if count > there:
            raise ValueError("there are too few")
        self.counts[name] = there - count
        $empty

    def count(self, name):
        return self.counts.get(name, 0)

    def short(self, least):
        return sorted(name for name, count in self.counts.items() if count < least)
"""
PRICES = """
\"\"\"Prices in $coin.\"\"\"


class $prices:
    def __init__(self, table):
        for name, price in table.items():
            if price < 0:
                raise ValueError("a price is never negative")
        self.table = dict(table)

    def $price(self, name, count):
        unit = self.table[name]
        total = unit * count
$rebate
        return total
"""
SHOP = """
\"\"\"Orders that are filled from the shelf.\"\"\"

from prices import $prices
from stock import $stock


class Shop:
    def __init__(self, table):
        self.stock = $stock()
        self.prices = $prices(table)
        self.sales = []

    def order(self, basket):
        for name, count in basket.items():
            if self.stock.count(name) < count:
                $missing
        total = 0
        for name in sorted(basket):
            self.stock.$take(name, basket[name])
            total += self.prices.$price(name, basket[name])
        if total $small $free:
            total += $fee
        self.sales.append(total)
        return total

    def earnings(self):
        return sum(self.sales)

    def report(self):
        lines = []
        for name in sorted(self.prices.table):
            lines.append(f"{name}$mark {self.stock.count(name)}")
        return lines
"""
SPEC = """
Write a shop in three files. All amounts are whole $coin.

`stock.py` has a class `$stock()` with the methods:
- `$put(name, count)` adds pieces, `$take(name, count)` takes some away. A count below 1 raises
  ValueError, and so does taking more than there are, which changes nothing.
- `count(name)` returns how many there are, 0 for what was never there. `counts` is the dictionary
  of all counts; $empty_words.
- `short(least)` returns by alphabet the names in `counts` with fewer than `least` pieces.

`prices.py` has a class `$prices(table)` of a dictionary from name to price, in which a negative
price raises ValueError:
- `$price(name, count)` returns the price of some pieces: count times the price. $rebate_words.
  An unknown name raises KeyError.

`shop.py` has a class `Shop(table)` with `stock`, a `$stock` that is empty at first, and `prices`:
- `order(basket)` takes a dictionary from name to count. $missing_words Otherwise it takes
  all from the stock and returns the sum of their prices. If the sum is $small_words $free, $fee
  are added for delivery.
- `earnings()` returns the sum of what all orders returned.
- `report()` returns the lines 'NAME$mark COUNT' of all names that have a price, by alphabet.
"""
EXAMPLES = """
[an_order]
shop = Shop({'tea': 40, 'cup': 25})
shop.stock.$put('tea', 5)
shop.order({'tea': 2})
shop.report()
"""
CHECKS = """
shop = Shop({'tea': 40, 'cup': 25, 'pot': 199, 'jar': 0})
shop.stock.$put('tea', 30)
shop.stock.$put('cup', 4)
shop.stock.$put('pot', 12)

[shelves 2]
stock = $stock()
stock.$put('a', 3)
stock.$put('a', 2)
stock.$take('a', 4)
stock.count('a')
stock.count('b')
stock.$take('a', 1)
stock.counts
stock.count('a')

[bad_counts]
stock = $stock()
stock.$put('a', 0)
stock.$put('a', -2)
stock.$put('a', 1)
stock.$take('a', 0)
stock.$take('a', 2)
stock.$take('b', 1)
stock.count('a')

[shortages]
shop.stock.short(12)
shop.stock.short(13)
shop.stock.short(4)

[prices 2]
[shop.prices.$price('tea', n) for n in (1, 2, 3, 4, 5, 6, 7, 8, 12)]
[shop.prices.$price('pot', n) for n in (1, 2, 5, 9, 11)]
shop.prices.$price('jar', 3)

[bad_prices]
$prices({'a': 3, 'b': -1})
shop.prices.$price('nothing', 1)

[orders 2]
shop.order({'tea': 1})
shop.order({'cup': 3, 'tea': 2})
shop.order({'pot': 7})
shop.stock.counts
shop.earnings()

[delivery]
free = Shop({'one': 1, 'all': $free, 'most': $free - 1, 'more': $free + 1})
free.stock.$put('one', 1)
free.stock.$put('all', 1)
free.stock.$put('most', 1)
free.stock.$put('more', 1)
[free.order({name: 1}) for name in ('one', 'most', 'all', 'more')]

[too_few 2]
shop.order({'tea': 2, 'cup': 5})
shop.stock.counts
shop.earnings()
shop.order({'cup': 1, 'tea': 99})
shop.order({'cup': 4})

[reports]
shop.report()
Shop({}).report()
Shop({}).earnings()
"""


def draft(draw: Draw) -> Draft:
    """Return a shop with a drawn rebate, fee and treatment of what is missing."""
    rebate, rebate_words = REBATES[draw.turn(tuple(REBATES))]
    numbers = {"enough": draw.whole(3, 6), "percent": draw.one((5, 10, 15, 20))}
    drop = draw.one((True, False))
    refuse = draw.one((True, False))
    inclusive = draw.one((True, False))
    values: dict[str, object] = {
        "stock": draw.one(("Stock", "Shelf", "Store")),
        "prices": draw.one(("Prices", "PriceList", "Tariff")),
        "put": draw.one(("put", "add", "receive")),
        "take": draw.one(("take", "remove", "pick")),
        "price": draw.one(("price", "cost", "quote")),
        "coin": draw.one(("cents", "pennies", "rupees")),
        "mark": draw.one((":", " =", ",")),
        "rebate": "\n".join(
            f"    {line}" for line in fill(rebate, **numbers).rstrip().split("\n")
        ),
        "empty": "if there == count:\n            del self.counts[name]"
        if drop
        else "",
        "missing": 'raise ValueError("too few")' if refuse else "return 0",
        "small": "<=" if inclusive else "<",
        "free": draw.whole(6, 12) * 10,
        "fee": draw.whole(3, 9),
    }
    words = {
        "rebate_words": fill(rebate_words, **numbers).strip(),
        "empty_words": (
            "what has none left is no longer in it"
            if drop
            else "what has none left stays, with 0"
        ),
        "missing_words": (
            "If there are too few pieces of anything, it raises ValueError and changes nothing."
            if refuse
            else "If there are too few pieces of anything, it returns 0 and changes nothing."
        ),
        "small_words": "up to" if inclusive else "below",
    }
    return Draft(
        spec=fill(SPEC, **{**values, **words}),
        imports=(
            f"from prices import {values['prices']}\nfrom shop import Shop\n"
            f"from stock import {values['stock']}"
        ),
        reference={
            "stock.py": fill(STOCK, **values),
            "prices.py": fill(PRICES, **values),
            "shop.py": fill(SHOP, **values),
        },
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS, **values),
    )


FAMILY = Family("shop-stock", "medium", draft)
