"""A shopping cart that is to learn vouchers, shipping or points."""

from __future__ import annotations

from swe_sim.tasks.checks import read_checks
from swe_sim.tasks.draft import Draft, Family
from swe_sim.tasks.drawing import Draw, fill
from swe_sim.tasks.families.extensions.cart_features import FEATURES

CART = """
\"\"\"A cart of goods. Amounts are whole $coin.\"\"\"


class $cart:
    def __init__(self):
        self.rows = {}

    def $add(self, name, price, count=1):
        if price < 0 or count < 1:
            raise ValueError("a price is not negative and a count is positive")
        if name in self.rows and self.rows[name][0] != price:
            raise ValueError("there is such a thing at another price")
        before = self.rows[name][1] if name in self.rows else 0
        self.rows[name] = (price, before + count)

    def $drop(self, name, count=None):
        price, there = self.rows[name]
        if count is None or count >= there:
            del self.rows[name]
        elif count < 1:
            raise ValueError("a count is positive")
        else:
            self.rows[name] = (price, there - count)

    def count(self):
        return sum(count for _, count in self.rows.values())

    def $sum(self):
        return sum(price * count for price, count in self.rows.values())
"""
SPEC = """
`cart.py` has a class `$cart()`, a cart of goods. Amounts are whole $coin.
- `$add(name, price, count=1)` puts pieces into it. A negative price, a count below 1 and another
  price than the one that the name has in the cart raise ValueError.
- `$drop(name, count=None)` takes some pieces out, or all of them if no count is given or if there
  are not more. A name that is not there raises KeyError, a count below 1 ValueError.
- `count()` returns how many pieces there are, `$sum()` the sum of their prices. `rows` is a
dictionary
  from name to (price, count).

All that works and has to go on working. Write a further file $words
"""
EXAMPLES = """
[old_ways]
cart = $cart()
cart.$add('tea', 40, 2)
cart.$sum()
"""
CHECKS = """
cart = $cart()
cart.$add('tea', 400, 2)
cart.$add('cup', 250)
cart.$add('pot', 1999)
cart.$add('bag', 10, 9)

[old_ways]
cart.$add('cup', 250, 2)
cart.$drop('bag', 4)
cart.$drop('pot')
cart.$drop('tea', 2)
cart.rows
cart.count()
cart.$sum()

[old_errors]
cart.$add('x', -1)
cart.$add('x', 1, 0)
cart.$add('tea', 401)
cart.$drop('x')
cart.$drop('bag', 0)
cart.$drop('bag', 1)
cart.$add('free', 0)
cart.count()
"""


def draft(draw: Draw) -> Draft:
    """Return a cart with a drawn feature that is missing."""
    feature = FEATURES[draw.turn(tuple(FEATURES))]
    names = (
        ("cart", ("Cart", "Basket", "Trolley")),
        ("add", ("add", "put", "insert")),
        ("drop", ("drop", "remove", "take_out")),
        ("sum", ("total", "value", "amount")),
        ("coin", ("cents", "pennies", "paise")),
        ("a", ("WELCOME", "SUMMER", "HELLO")),
        ("b", ("FIVE", "BONUS", "THANKS")),
        ("heavy", ("pot", "tea")),
    )
    values: dict[str, object] = {
        **{name: draw.one(options) for name, options in names},
        "percent": draw.one((5, 10, 15, 25)),
        "fixed": draw.whole(2, 6) * 100,
        "least": draw.whole(10, 30) * 100,
        "free": draw.whole(40, 60) * 100,
        "base": draw.whole(3, 6) * 100,
        "piece": draw.whole(1, 5) * 10,
        "every": draw.whole(2, 5) * 100,
        "worth": draw.whole(2, 9),
        "enough": draw.whole(20, 50),
        **_choices(draw),
    }
    further = {name: fill(str(text), **values).strip() for name, text in values.items()}
    return Draft(
        spec=fill(SPEC, **{**further, "words": fill(feature.words, **further)}),
        imports=fill(f"from cart import $cart\n{feature.imports}", **values).strip(),
        files={"cart.py": fill(CART, **values)},
        reference={feature.path: fill(feature.code, **further)},
        examples=read_checks(EXAMPLES, **values),
        checks=read_checks(CHECKS + feature.checks, **values),
    )


def _choices(draw: Draw) -> dict[str, object]:
    """Return rules that are drawn, as code and as words."""
    first = draw.one((True, False))
    once = draw.one((True, False))
    inclusive = draw.one((True, False))
    down = draw.one((True, False))
    return {
        "sequence": "(_percent, _fixed)" if first else "(_fixed, _percent)",
        "order_words": (
            "Percents are taken off first, then fixed amounts."
            if first
            else "Fixed amounts are taken off first, then percents of what is left."
        ),
        "again": (
            'raise ValueError("a voucher counts once")'
            if once
            else "return self.total()"
        ),
        "again_words": "raises ValueError" if once else "changes nothing",
        "under": "<" if inclusive else "<=",
        "from_words": "of at least" if inclusive else "above",
        "round_up": "" if down else " + $every - 1",
        "round_words": "begun" if not down else "whole",
    }


FAMILY = Family("cart-extension", "medium", draft)
