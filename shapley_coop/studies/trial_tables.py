"""What came of trials, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.llm.backends.policy import card_of, folder_of, games_of
from shapley_coop.records.words import clean, number, short_names
from shapley_coop.rl.training.reinforcement.best_response import BestResponse
from shapley_coop.studies.results import StudyResult, trouble_tables
from shapley_coop.studies.tables import (
    StudyTable,
    estimate_text,
    interval_text,
    share_text,
)
from shapley_coop.studies.trials import NAMES, TrialRow, trial_rows

MOST_NAME = 24
"""Characters of a name in a column. Names of policies are folders, and differ at their ends."""
MOST_GAMES = 4
"""Games that a policy was trained on that are named in a line."""


def trial_tables(result: StudyResult) -> list[StudyTable]:
    """Return trials as tables: how each came out, then the cells that did not end well."""
    rows = trial_rows(result)
    # What is the same in all rows stands in the title, since lines are narrow.
    places = [
        place for place in range(3) if len({row.names[place] for row in rows}) > 1
    ]
    places = places or [0]
    header = tuple(NAMES[place] for place in places)
    where = _title_part(rows[0], places)
    outcomes = []
    conduct = []
    by_place = [[row.names[place] for row in rows] for place in places]
    shown = [short_names(column, MOST_NAME) for column in by_place]
    for row in rows:
        own = zip(places, shown, strict=True)
        names = [short[row.names[place]] for place, short in own]
        measures = row.outcome.measures
        success, rational, others = (
            share_text(measures[name].value, measures[name].interval)
            for name in ("success", "rational", "others_rational")
        )
        total = measures["total"]
        earned = (
            success,
            estimate_text(total),
            number(total.iqm),
            estimate_text(measures["payoff"]),
        )
        outcomes.append((*names, f"{row.outcome.episodes:,}", *earned))
        left = (
            rational,
            others,
            f"{row.outcome.forfeits:,} of {row.outcome.decisions:,}",
        )
        conduct.append((*names, *left))
    return [
        StudyTable(
            f"How agents came out{where}",
            (*header, "n", "success", "total", "IQM", "payoff"),
            tuple(outcomes),
            (
                "n is the number of episodes, and `total` what all seats hold in the end. IQM is "
                "the mean of its middle half. `payoff` is what the seats of the agent hold, a "
                "mean.",
                "Intervals hold with 95 percent confidence: shares by Clopper and Pearson, means "
                "by the BCa bootstrap, or Student's t below ten. A game of fixed payoffs is one "
                "situation at every seed, so there they tell of the draws of agents alone.",
            ),
            labels=len(header),
        ),
        StudyTable(
            "Who ended at or above its outside option there",
            (*header, "agent's seats", "others", "forfeits"),
            tuple(conduct),
            (
                "Shares of episodes in which all seats of the agent, or all others, do. Forfeits "
                "are of the agent, decisions of all seats.",
                f"Runs are in {result.folder}.",
            ),
            labels=len(header),
        ),
        *_origin_table(rows),
        *trouble_tables(result),
    ]


def _origin_table(rows: Sequence[TrialRow]) -> list[StudyTable]:
    """Return where the policies among the agents learned, since nothing in play tells it."""
    lines = []
    for agent in dict.fromkeys(row.agent for row in rows):
        folder = folder_of(agent)
        games = games_of(card_of(folder)) if folder is not None else ()
        if games:
            shown = [*games[:MOST_GAMES], *(["…"] if len(games) > MOST_GAMES else [])]
            lines.append(f"{clean(agent, 60)}: {clean(', '.join(shown), 300)}")
    return (
        [StudyTable("What policies were trained on", (), (), tuple(lines))]
        if lines
        else []
    )


def _title_part(row: TrialRow, places: Sequence[int]) -> str:
    """Return what all rows share, as the end of a title."""
    words = ("", " at ", " against ")
    shared = [
        words[place] + clean(row.names[place], 60)
        for place in (1, 2)
        if place not in places
    ]
    return "".join(shared)


def response_table(
    responses: Mapping[str, Sequence[BestResponse]], training: int
) -> StudyTable:
    """Return what a best response of each seat gains against policies.

    Args:
        responses: by the name of the policy that all other seats play.
        training: episodes that each response learned from.
    """
    rows = []
    shown = short_names(responses, MOST_NAME)
    measured = 0
    for agent, found in responses.items():
        for response in found:
            measured = response.gain.n
            gain = number(response.gain.value, sign=True)
            gain += interval_text(response.gain.interval, sign=True)
            figures = (number(response.own), number(response.response), gain)
            rows.append((shown[agent], response.seat, *figures))
    return StudyTable(
        "What a seat could gain by leaving the policy",
        ("policy", "seat", "with it", "best response", "gain"),
        tuple(rows),
        (
            "Measured at the game and under the protocol that each policy was trained on, whatever "
            "is played above.",
            f"Each response learned by PPO from {training:,} episodes in which all others play the "
            f"policy, and {measured:,} further ones measured it. A better one may exist, so the "
            "policy can be exploited by at least the gain, and one of 0 or less tells nothing.",
        ),
        labels=2,
    )
