"""What a shopping cart may learn: its code, its words and its hidden checks."""

from swe_sim.tasks.families.extensions.cart_points import POINTS
from swe_sim.tasks.families.extensions.feature import Feature

VOUCHERS = Feature(
    "vouchers.py",
    """
\"\"\"Vouchers for a cart.\"\"\"

PERCENTS = {"$a": $percent}
FIXED = {"$b": ($fixed, $least)}


def _percent(total, codes):
    for code in codes:
        if code in PERCENTS:
            total -= total * PERCENTS[code] // 100
    return total


def _fixed(total, codes):
    for code in codes:
        if code in FIXED and not total $under FIXED[code][1]:
            total = max(0, total - FIXED[code][0])
    return total


class Checkout:
    def __init__(self, cart):
        self.cart = cart
        self.codes = []

    def redeem(self, code):
        code = code.strip().upper()
        if code not in PERCENTS and code not in FIXED:
            raise KeyError(code)
        if code in self.codes:
            $again
        self.codes.append(code)
        return self.total()

    def total(self):
        total = self.cart.$sum()
        for take_off in $sequence:
            total = take_off(total, self.codes)
        return total

    def saved(self):
        return self.cart.$sum() - self.total()
""",
    "from vouchers import Checkout",
    "`vouchers.py` with a class `Checkout(cart)`. There are two vouchers: '$a' takes off $percent "
    "percent (what is taken off is rounded down), '$b' takes off $fixed from a sum "
    "$from_words $least "
    "(the sum at the moment at which it is taken off, and never below 0). $order_words\n"
    "- `redeem(code)` adds a voucher, in any case and with blanks at the ends, and returns the new "
    "total. An unknown code raises KeyError. A code that is redeemed already $again_words"
    " (the total is returned in any case but an error).\n"
    "- `total()` returns what is to be paid, of the cart as it is now. `saved()` returns how "
    "much less "
    "that is than without vouchers.",
    """
[vouchers 2]
checkout = Checkout(cart)
checkout.total()
checkout.redeem('$a')
checkout.redeem('$b')
checkout.total()
checkout.saved()

[one_voucher 2]
checkout = Checkout(cart)
checkout.redeem('$b')
checkout.saved()
cart.$drop('pot')
checkout.total()
cart.$add('x', 7777)
checkout.total()

[written_codes]
checkout = Checkout(cart)
checkout.redeem(' $a '.lower())
checkout.redeem('')
checkout.redeem('NOTHING')
checkout.redeem('$a')
checkout.redeem('$b')
checkout.redeem('$b')
checkout.total()

[least_sums]
for_it = $cart()
for_it.$add('a', $least)
checkout = Checkout(for_it)
checkout.redeem('$b')
for_it.$add('b', 1)
checkout.total()
for_it.$drop('b')
for_it.$drop('a')
for_it.$add('a', $least - 1)
checkout.total()

[cheap_things]
cheap = $cart()
cheap.$add('a', $least)
checkout = Checkout(cheap)
checkout.redeem('$a')
checkout.redeem('$b')
checkout.saved()

[nothing_in_it]
checkout = Checkout($cart())
checkout.redeem('$b')
checkout.redeem('$a')
checkout.saved()
""",
)
SHIPPING = Feature(
    "shipping.py",
    """
\"\"\"Shipping of a cart.\"\"\"

ZONES = {"home": 1, "near": 2, "far": $worth}


def parcels(cart, most):
    if most < 1:
        raise ValueError("a parcel holds something")
    boxes = []
    room = 0
    for name in sorted(cart.rows):
        for _ in range(cart.rows[name][1]):
            if room == 0:
                boxes.append({})
                room = most
            boxes[-1][name] = boxes[-1].get(name, 0) + 1
            room -= 1
    return boxes


def shipping(cart, zone="home", most=5):
    factor = ZONES[zone]
    boxes = parcels(cart, most)
    if not boxes:
        return 0
    if zone == "home" and not cart.$sum() $under $free:
        return 0
    heavy = sum(1 for box in boxes if "$heavy" in box)
    return factor * ($base * len(boxes) + $piece * heavy)


def cheapest(cart, zone, sizes):
    best = None
    for most in sizes:
        price = shipping(cart, zone, most) + $worth * most
        if best is None or price < best[0]:
            best = (price, most)
    return best
""",
    "from shipping import cheapest, parcels, shipping",
    "`shipping.py` with three functions:\n"
    "- `parcels(cart, most)` packs all pieces into parcels of at most `most` pieces: by "
    "alphabet of "
    "their names, each parcel full before the next begins. It returns a list of dictionaries "
    "from name "
    "to count. A `most` below 1 raises ValueError.\n"
    "- `shipping(cart, zone='home', most=5)` returns the price: $base for each parcel and "
    "$piece more "
    "for each parcel with '$heavy' in it, all that times 1 to the zone 'home', 2 to 'near' "
    "and $worth to "
    "'far'. An unknown zone raises KeyError. To 'home' a cart with a sum $from_words $free "
    "is shipped "
    "for nothing, and an empty cart is everywhere.\n"
    "- `cheapest(cart, zone, sizes)` returns (price, size) of the cheapest size of parcels "
    "in a list, "
    "where $worth for each piece of the size is added to the price of shipping, the first of "
    "several, "
    "or None for no sizes.",
    """
[parcels 2]
parcels(cart, 5)
parcels(cart, 1)
parcels(cart, 13)
parcels(cart, 4)

[no_parcels]
parcels($cart(), 3)
parcels(cart, 0)

[shipping 2]
shipping(cart)
shipping(cart, 'near')
shipping(cart, 'far', 3)
shipping(cart, 'near', 1)
shipping(cart, 'moon')

[free_shipping]
rich = $cart()
rich.$add('gold', $free)
shipping(rich)
shipping(rich, 'near')
rich.$add('dust', 1)
shipping(rich)
rich.$drop('dust')
rich.$drop('gold')
shipping(rich, 'far')
rich.$add('tin', $free - 1)
shipping(rich)

[cheapest 2]
cheapest(cart, 'near', [2, 4, 13])
cheapest(cart, 'home', [1, 3, 7, 13, 60])
cheapest($cart(), 'home', [4, 4])
cheapest(cart, 'home', []) is None

[equal_prices]
few = $cart()
few.$add('x', 1)
cheapest(few, 'home', [3, 2, 3])
cheapest(few, 'home', [2])
""",
)
FEATURES = {"vouchers": VOUCHERS, "shipping": SHIPPING, "points": POINTS}
