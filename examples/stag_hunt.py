"""A matrix game in full: its name, its actions, and for every profile a reward a seat."""

from games.dilemmas.matrix import MatrixGame


class StagHunt(MatrixGame):
    """Two hunters take a stag together, or a hare each for sure."""

    name = "stag-hunt"
    actions = ("stag", "hare")
    payoffs = (((4, 4), (0, 3)), ((3, 0), (3, 3)))
