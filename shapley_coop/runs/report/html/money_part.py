"""The part of the page about money: who paid whom, what seats hold, and what the run cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records import Episode
from shapley_coop.records.words import clean, number
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.html import pictures
from shapley_coop.runs.report.html.markup import element, figure, table, text

_MOST_LINKS = 24
"""Payments between pairs of seats that a picture shows."""
_MOST_TICKS = 3_000
"""Holdings that a picture shows one by one."""


def money_part(content: Content, episodes: Sequence[Episode]) -> str:
    """Return who paid whom, what seats hold in the end, and what models cost."""
    parts = ["<h2>Money</h2>", *_flows(content), *_holdings(episodes), _costs(content)]
    return element("section", "".join(parts), id="money")


def _flows(content: Content) -> list[str]:
    """Return the payments of the episode that is told, as a picture and in sentences."""
    episode = content.episode
    if episode is None:
        return []
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for transfer in episode.transfers:
        totals[transfer.payer, transfer.payee] += transfer.micro
    lines = [element("li", text(line)) for line in episode_sentences.ledger(episode)]
    parts = [element("h3", text(f"Payments of episode {episode.index}"))]
    if totals:
        largest = sorted(totals.items(), key=lambda item: -item[1])[:_MOST_LINKS]
        nodes, links = _bands([(*pair, reward(micro)) for pair, micro in largest])
        title = f"Who paid whom in episode {episode.index}"
        numbers = table(
            title,
            ("payer", "payee", "amount"),
            [
                [payer, payee, number(reward(micro))]
                for (payer, payee), micro in largest
            ],
        )
        parts.append(figure(title, pictures.svg(pictures.flows(nodes, links)), numbers))
    parts.append(element("ul", "".join(lines)))
    return parts


def _bands(
    payments: Sequence[tuple[str, str, float]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return payers on the left, payees on the right, and a band for each payment."""
    # Seats keep the order of the payments, so that the largest stand on top.
    payers = list(dict.fromkeys(payer for payer, _, _ in payments))
    payees = list(dict.fromkeys(payee for _, payee, _ in payments))
    nodes = []
    for side, seats in ((0, payers), (1, payees)):
        for place, seat in enumerate(seats):
            nodes.append({"seat": clean(seat, 30), "side": side, "place": place})
    links = []
    for payer, payee, amount in payments:
        start, end = payers.index(payer), payees.index(payee)
        # The amount stands nearer to the payer, where fewer bands cross.
        links.append(
            {"left": 0, "right": 1, "from": start, "to": end, "amount": amount,
             "middle_x": 0.3, "middle": start + 0.3 * (end - start), "label": number(amount)}
        )  # fmt: skip
    return nodes, links


def _holdings(episodes: Sequence[Episode]) -> list[str]:
    """Return what seats held in the end of every episode, if there are several."""
    rows = []
    means: dict[str, list[float]] = defaultdict(list)
    for episode in episodes:
        for seat, amount in episode.payoffs.items():
            rows.append({"seat": clean(seat, 40), "value": amount})
            means[seat].append(amount)
    if len(episodes) < 2 or not rows or len(means) > 40:
        return []
    title = f"What each seat held in the end of {len(episodes):,} episodes"
    numbers = table(
        title,
        ("seat", "least", "mean", "most"),
        [
            [seat, number(min(held)), number(sum(held) / len(held)), number(max(held))]
            for seat, held in means.items()
        ],
    )
    chart = pictures.distribution(rows[:_MOST_TICKS], "reward")
    return [figure(title, pictures.svg(chart), numbers)]


def _costs(content: Content) -> str:
    """Return what models were asked, by seat and purpose, and what it cost."""
    entries = [*sentences.spending(content), *sentences.other_models(content)]
    cost = element("p", text(sentences.costs(content)))
    if not entries:
        return "<h3>Cost</h3>" + cost
    rows = [[entry.label or "-", entry.text] for entry in entries]
    return (
        "<h3>Cost</h3>" + cost + table("What models were asked", ("who", "what"), rows)
    )
