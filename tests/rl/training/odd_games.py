"""Games from which nothing can be learned."""

from typing import ClassVar

from games.dilemmas.classic import StagHunt


class Still(StagHunt):
    """Every seat has one action."""

    name = "still"
    actions = ("stag",)
    payoffs = (((4, 4),),)
    outcome_profiles: ClassVar = {"stag-caught": (("stag", "stag"),)}


class Huge(StagHunt):
    """Nobody can owe what is earned."""

    name = "huge"
    payoffs = (
        ((4e30, 4e30), (0, 3e30)),
        ((3e30, 0), (3e30, 3e30)),
    )
