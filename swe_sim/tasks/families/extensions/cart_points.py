"""Points for buying, which a shopping cart may learn."""

from swe_sim.tasks.families.extensions.feature import Feature

POINTS = Feature(
    "points.py",
    """
\"\"\"Points for buying.\"\"\"


class Account:
    def __init__(self):
        self.points = 0
        self.bought = []

    def earn(self, cart):
        total = cart.$sum()
        gained = (total$round_up) // $every
        if "$heavy" in cart.rows:
            gained *= 2
        return gained

    def buy(self, cart, use=0):
        if use < 0 or use > self.points:
            raise ValueError("there are too few points")
        if cart.count() == 0:
            raise ValueError("the cart is empty")
        total = cart.$sum()
        use = min(use, total // $worth)
        pay = total - use * $worth
        self.points -= use
        if use == 0:
            self.points += self.earn(cart)
        self.bought.append(pay)
        return pay

    def level(self):
        if self.points $under $enough:
            return "new"
        return "gold" if self.points > 2 * $enough else "friend"


def ranking(accounts):
    return sorted(accounts, key=lambda name: (-accounts[name].points, name))
""",
    "from points import Account, ranking",
    "`points.py` with a class `Account()`, which has `points` (0 at first) and `bought`, the "
    "list of "
    "what was paid:\n"
    "- `earn(cart)` returns how many points a cart gives: one for every $round_words $every "
    "of its sum, "
    "twice as many if '$heavy' is in it.\n"
    "- `buy(cart, use=0)` buys the cart, uses some points, of which each pays $worth, and "
    "returns what is "
    "left to pay. No more points are used than it takes without paying too much. If none are "
    "used, the cart gives its points. A negative number or more than there are raise "
    "ValueError, and so "
    "does an empty cart. Errors change nothing.\n"
    "- `level()` returns 'gold' with more than 2 * $enough points, otherwise 'friend' with a "
    "number "
    "$from_words $enough, otherwise 'new'.\n"
    "- The function `ranking(accounts)` takes a dictionary from name to account and returns "
    "the names, "
    "most points first, and by alphabet.",
    """
[earning 2]
account = Account()
account.earn(cart)
cart.$drop('$heavy')
account.earn(cart)
cart.$add('rest', $every)
account.earn(cart)
account.earn($cart())
account.points

[buying 2]
account = Account()
account.buy(cart)
account.points
account.buy(cart, 3)
account.points
account.bought

[too_many_points]
account = Account()
account.points = 9
account.buy(cart, 10)
account.buy(cart, -1)
account.buy($cart())
account.bought
account.points
account.buy(cart, 9)
account.points

[small_carts]
account = Account()
account.points = 9000
small = $cart()
small.$add('x', 2 * $worth + 1)
account.buy(small, 8)
account.points
tiny = $cart()
tiny.$add('x', $worth - 1)
account.buy(tiny, 5)
account.points

[levels]
account = Account()
account.level()
account.points = $enough - 1
account.level()
account.points = $enough
account.level()
account.points = $enough + 1
account.level()
account.points = 2 * $enough
account.level()
account.points = 2 * $enough + 1
account.level()

[rankings]
accounts = {name: Account() for name in ('zoe', 'ann', 'bob')}
ranking(accounts)
accounts['bob'].points = 5
accounts['zoe'].points = 5
ranking(accounts)
""",
)
