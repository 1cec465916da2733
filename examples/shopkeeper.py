"""An agent in full: it signs what leaves it better off, and then does what pays it most."""

from shapley_coop.records import Accept, Wait


class Shopkeeper:
    """Makes no offers of its own, and weighs those of others by what the engine works out."""

    needs_model = False

    def __init__(self, place):
        self.place = place

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        outlook = view.outlook() if view.outlook else None
        if outlook and outlook.offered and "accept" in view.table.legal:
            gain = max(outlook.offered.values()) - max(outlook.signed.values())
            return Accept(offer=view.table.standing.id) if gain > 0 else Wait()
        return Wait()

    async def act(self, view):
        outlook = view.outlook() if view.outlook else None
        gains = outlook.signed if outlook else {}
        return max(view.actions, key=lambda action: gains.get(action, 0))
