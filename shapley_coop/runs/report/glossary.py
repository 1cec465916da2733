"""The glossary of the report: every column and every recurring word, for a first reader."""

from __future__ import annotations

from typing import NamedTuple

from shapley_coop.runs.columns import COLUMNS


class Term(NamedTuple):
    """One word of the report and what it means."""

    word: str
    """The word as the report prints it."""
    meaning: str
    """One or two sentences that use no other special word without need."""


OUTCOME = (
    Term(
        "success",
        "How many of all episodes reached the game's goal. One that failed or met a limit has "
        "not reached it.",
    ),
    Term(
        "pot",
        "What the game pays all seats together. Transfers move it between seats and leave it as "
        "it is.",
    ),
    Term("total payoff", "What all seats hold together in the end, which is the pot."),
    Term(
        "attainable",
        "The most that all seats can hold together by agreements that leave nobody below its "
        "outside option and that nobody gains by breaking, and what each would hold. By a contract "
        "it is the plan of greatest total; without payments it is the best equilibrium.",
    ),
    Term("difference", "How far the best paid seat ends above the worst paid one."),
    Term(
        "rounds",
        "Rounds of talk at the table, before and after play, in each of which every seat may "
        "speak once. Rounds in which every seat waited without a word or forfeited its turn are "
        "counted apart, as silence.",
    ),
    Term("game pays", "The seat's reward from the game alone."),
    Term(
        "transfers",
        "What contracts and the division of the pot brought the seat, or cost it. Over all "
        "seats they sum to zero.",
    ),
)
"""Words of the first section of a report."""

CREDIT = (
    Term(
        "v(S)",
        "The worth of a coalition: what the seats in S are worth together. The line above "
        "the table says how it was obtained, because that choice decides the answer.",
    ),
    Term("v(nobody)", "The worth of no seat at all, from which contributions count."),
    Term("v(everyone)", "The worth of all seats together."),
    Term(
        "Shapley value",
        "What a seat adds to a coalition of others by joining it, averaged over all orders in "
        "which seats could join. Over all seats it sums to v(everyone) - v(nobody).",
    ),
    Term(
        "worth",
        "The kind of v(S) that measured credit rests on, such as what the game's own rules "
        "give S or what recorded actions of S earn.",
    ),
    Term("absence", "What takes the place of the seats outside a coalition."),
    Term("method", "The kind of credit that was computed from v(S), and how."),
    Term(
        "Myerson value",
        "The Shapley value if only seats that are linked, directly or through others, can "
        "work together. Games without links have none.",
    ),
    Term(
        "score",
        "The game's own count of what a seat did, as if it mattered as much without others.",
    ),
)
"""Words about credit."""

EPISODE = (
    Term(
        "believes",
        "What a seat said that coalitions are worth or, of more than four seats, what share of "
        "the pot each seat is due, before any price was named. From values of coalitions the "
        "engine computes what follows, stated shares it takes as they are.",
    ),
    Term(
        "stated shares",
        "How much of the pot is each seat's due, as a seat of more than four states it. They stand "
        "in for Shapley values, which do not follow from them.",
    ),
    Term("contradiction", "What in a seat's beliefs cannot all be true at once."),
    Term(
        "contract",
        "An offer that every seat bound by it has signed. Each of its clauses says who pays "
        "whom how much, and when.",
    ),
    Term(
        "division", "How the pot was divided after play, where the protocol divides it."
    ),
    Term(
        "split",
        "The rule of the protocol that divides the pot: by credit, evenly, by contributions, as "
        "signed, or none.",
    ),
    Term(
        "arbiter",
        "The engine, where the protocol has it divide the pot by credit as played once a table "
        "dies without a deal.",
    ),
    Term(
        "settlement",
        "Paying what was signed: binding pays every clause that is due, escrow also takes "
        "deposits, cheap-talk pays nothing and records what was due, honour asks who pays.",
    ),
    Term(
        "rewards",
        "Whether the protocol's rules of money reward stating beliefs honestly, and keeping what "
        "was promised.",
    ),
    Term("ledger", "Every payment between seats. It sums to zero to the last digit."),
    Term(
        "forfeits",
        "Turns that a seat lost because no answer of it could be used. At a table it then "
        "rejects or waits, in play it takes the game's fallback action.",
    ),
    Term("breaches", "Promises of a signed contract that a seat did not keep."),
    Term(
        "individually rational",
        "If all keep what they signed, nobody who signed gets less than its outside option. Who "
        "then broke it does not count.",
    ),
    Term(
        "equilibrium",
        "No seat gains by another fixed plan of actions, contracts and an announced division "
        "paid, while the others keep to what was agreed, or did where nothing was. It is dominant "
        "where that holds whatever plans the others have.",
    ),
    Term(
        "subgame-perfect",
        "An equilibrium of strategies that answer what was played before, from every point of "
        "the game on. Told in small games of several steps.",
    ),
    Term(
        "core",
        "No coalition could make more by itself than the division gives its members, and the "
        "division gives no more than all can make. worth.core says what a coalition expects of "
        "the others; by default that is what the game's own formula assumes.",
    ),
)
"""Words about one episode."""

FIGURES = (
    Term(
        "95 %",
        "The 95 percent interval: where the mean would lie if very many episodes were played. "
        "Where plays could not differ the report says so and gives none.",
    ),
    Term(
        "±",
        "One standard error of the mean before it, everywhere. It holds what differs between "
        "episodes and what is drawn to measure credit, and ± ? says that one play by chance "
        "cannot tell it.",
    ),
    Term("seed", "The number that every draw of the run follows from."),
)
"""Words about figures of every kind."""


def column_terms() -> tuple[Term, ...]:
    """Return the columns of the credit table in their order."""
    return tuple(Term(column.title, column.meaning) for column in COLUMNS)


def glossary() -> tuple[tuple[str, tuple[Term, ...]], ...]:
    """Return every word by section, in the order in which a report uses them."""
    return (
        ("Outcome", OUTCOME),
        ("Columns of the credit table", column_terms()),
        ("Credit", CREDIT),
        ("Episode", EPISODE),
        ("Figures", FIGURES),
    )
