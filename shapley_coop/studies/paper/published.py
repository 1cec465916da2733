"""What the paper printed: Shapley-Coop (arXiv 2506.07388), and where its numbers contradict it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SOURCE = "Shapley-Coop (arXiv 2506.07388), DeepSeek-v3"


class RoomRow(NamedTuple):
    """One configuration of Fig. 3. None stands where nothing was printed."""

    success: float
    payoffs: str
    """In the words of the figure: a pair, or ranges that were read off the plot."""
    rounds: float | None = None
    difference: float | None = None


ESCAPE_ROOM: Mapping[str, RoomRow] = {
    "llm-only": RoomRow(0.0, "-1 / -1"),
    "neg": RoomRow(0.25, "10 / -1 if it succeeds"),
    "sts": RoomRow(1.0, "4.0 to 7.25 / 1.75 to 5.0", 2.15, 1.52),
    "sc": RoomRow(1.0, "4.5 / 4.5", 1.45, 0.38),
}
"""Fig. 3. The number of plays is not printed: 25 % and the mean rounds fit 20."""


class Quartiles(NamedTuple):
    """How one agent's payoffs spread."""

    mean: float
    q1: float
    median: float
    q3: float


TABLE_9: Mapping[str, tuple[Quartiles, Quartiles]] = {
    "banzhaf": (Quartiles(4.54, 4.5, 4.5, 5.0), Quartiles(4.56, 4.5, 4.5, 5.0)),
    "sc": (Quartiles(4.5, 4.3, 4.5, 4.8), Quartiles(4.5, 4.3, 4.5, 4.8)),
}
"""Payoffs of both agents where credit is the Banzhaf or the Shapley value."""


def _runs(*rows: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return figures by run, agent and part from rows of one part of one agent over the runs."""
    agents = [rows[place : place + 3] for place in range(0, len(rows), 3)]
    return np.array(agents, dtype=float).transpose(2, 0, 1)


# By agent: damage, healing and absorbed damage, each of runs 1, 2 and 3.
CONTRIBUTIONS: Mapping[int, Mapping[str, NDArray[np.float64]]] = {
    1: {
        "neg": _runs(
            (114, 284, 106), (361, 153, 159), (0, 0, 0),
            (255, 140, 262), (343, 175, 193), (0, 0, 0),
            (434, 360, 395), (176, 181, 161), (300, 0, 0),
            (799, 498, 461), (0, 0, 0), (0, 0, 0),
        ),
        "sc": _runs(
            (474, 511, 667), (183, 0, 0), (900, 600, 300),
            (652, 630, 392), (0, 0, 0), (600, 300, 600),
            (560, 472, 493), (0, 0, 0), (600, 300, 300),
            (368, 491, 500), (764, 0, 0), (0, 300, 300),
        ),
    },
    2: {
        "neg": _runs(
            (137, 234, 367), (171, 0, 540), (0, 0, 300),
            (247, 235, 122), (157, 0, 701), (0, 0, 300),
            (348, 347, 706), (183, 392, 263), (0, 0, 0),
            (524, 495, 999), (0, 0, 0), (0, 0, 0),
        ),
        "sc": _runs(
            (595, 374, 449), (0, 500, 349), (900, 600, 600),
            (569, 770, 774), (0, 0, 0), (600, 600, 600),
            (846, 605, 624), (324, 0, 157), (300, 600, 600),
            (515, 781, 756), (0, 0, 199), (300, 300, 300),
        ),
    },
    3: {
        "neg": _runs(
            (143, 477, 258), (0, 347, 0), (0, 300, 0),
            (332, 371, 250), (544, 313, 0), (300, 0, 0),
            (613, 480, 639), (160, 195, 720), (0, 600, 300),
            (635, 896, 360), (0, 322, 547), (300, 600, 300),
        ),
        "sc": _runs(
            (996, 773, 738), (0, 0, 0), (600, 900, 900),
            (648, 715, 865), (346, 0, 0), (600, 600, 600),
            (714, 648, 811), (0, 161, 0), (600, 600, 600),
            (800, 788, 683), (0, 339, 356), (600, 300, 300),
        ),
    },
}  # fmt: skip
"""Tables 4 to 6 by level and configuration: run, agent, and damage, healing, absorbed damage."""

AgentShares = tuple[float, float, float, float]
"""Parts of the pot in percent, agent by agent."""


class Allocation(NamedTuple):
    """How the agents divided the pot at one level, in percent, a mean of three runs."""

    sts: AgentShares
    sc: AgentShares
    expected: AgentShares
    """What the paper calls the expected division."""


ALLOCATIONS: Mapping[int, Allocation] = {
    1: Allocation(
        (25.00, 26.67, 25.50, 22.83),
        (30.00, 26.33, 22.33, 21.33),
        (29.52, 26.09, 22.16, 22.22),
    ),
    2: Allocation(
        (22.00, 26.33, 24.67, 27.00),
        (26.33, 24.00, 24.33, 25.33),
        (28.26, 25.24, 24.06, 22.43),
    ),
    3: Allocation(
        (28.33, 28.33, 23.33, 20.00),
        (26.33, 26.00, 23.33, 24.33),
        (27.89, 24.87, 23.52, 23.70),
    ),
}
"""By level."""


def score_shares(level: int) -> tuple[float, ...]:
    """Return each agent's share of the scores of full Shapley-Coop in percent, a mean of its runs.

    It is what the paper calls expected, worked out from its own table.
    """
    scores = CONTRIBUTIONS[level]["sc"].sum(axis=2)
    shares = 100 * scores / scores.sum(axis=1, keepdims=True)
    return tuple(float(share) for share in shares.mean(axis=0))


def mean_score(level: int, configuration: str) -> float:
    """Return the mean score of an agent, over agents and runs."""
    return float(CONTRIBUTIONS[level][configuration].sum(axis=2).mean())


INCONSISTENCIES: Mapping[str, str] = {
    "fig 3": "How many plays it shows is not printed: 25 percent and the mean rounds fit 20.",
    "outcome": "The text speaks of an outcome in which nobody acts and both get 0, which Table 1, "
    "the game itself, does not have.",
    "expected": "What the paper calls expected is no Shapley value. It is the mean share of scores "
    "(damage, healing and 300 for each taunt), which is one for an additive game alone.",
    "table 5": "The expected shares of agents 3 and 4 at level 2, 24.06 and 22.43, do not follow "
    "from the table, which gives 26.24 and 20.25. The bars of Fig. 5 agree with the table.",
    "table 6": "At level 3 the damage of agent 1 in run 1 is 996, and its log says 869. The damage "
    "of run 2 adds up to 2924, less than the 3000 of the boss, so it cannot be a win.",
    "table 7": "Its expected shares use the 996 of Table 6. By the log the errors after 1, 2 and 3 "
    "rounds are 1.83, 2.01 and 0.99, and do not fall from round to round.",
    "table 10": "The expected shares of the Banzhaf run do not follow from its log, which gives "
    "28.50, 22.06, 25.43 and 24.01. It is one run.",
    "wins": "No win rate is printed. The damage of all nine runs of NEG is below the boss's "
    "health, so all of them were lost.",
    "pivotal": "By the code's rewards every hero of the logged battle is pivotal, so the Shapley "
    "value of it is a quarter each, whatever their scores are.",
    "weights": "The weights of Table 3 sum to 0.62 at least and 1.15 at most, so that shares "
    "within all ranges need not sum to the whole.",
    "work log": "The released log of the BMI calculator names roles several times. Its 48 entries "
    "collapse to 9 when it is read, so the agents saw the last entry of each role alone.",
    "human": "The text calls the rewards of Table 3 assigned by people. In the released code "
    "language models negotiate them, and the released rerun ends otherwise.",
}
"""What in the published tables contradicts the published data, by where it stands."""
