"""The part of the page about money: who paid whom, what seats hold, and what the run cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records import Episode
from shapley_coop.records.words import clean, number
from shapley_coop.runs.report import episode as episode_sentences
from shapley_coop.runs.report import sentences
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.html import pictures
from shapley_coop.runs.report.html.bands import Payment, bands
from shapley_coop.runs.report.html.markup import element, figure, table, text

_MOST_LINKS = 24
"""Payments between pairs of seats that a picture shows."""
_MOST_TICKS = 3_000
"""Holdings that a picture shows one by one."""


def money_part(content: Content, episodes: Sequence[Episode]) -> str:
    """Return who paid whom, what seats hold in the end, and what models cost."""
    parts = ["<h2>Money</h2>", *_flows(content), *_holdings(episodes)]
    parts += [_costs(content), *_tokens(episodes)]
    return element("section", "".join(parts), id="money")


def _flows(content: Content) -> list[str]:
    """Return the payments of the episode that is told, as a picture and in sentences."""
    episode = content.episode
    if episode is None:
        return []
    lines = [element("li", text(line)) for line in episode_sentences.ledger(episode)]
    return [
        element("h3", text(f"Payments of episode {episode.index}")),
        payments_figure(episode),
        _accounts(episode),
        element("ul", "".join(lines)),
    ]


def payments_figure(episode: Episode) -> str:
    """Return the payments of an episode as bands, or nothing where nobody paid."""
    totals: dict[tuple[str, str, str], int] = defaultdict(int)
    for transfer in episode.transfers:
        totals[transfer.payer, transfer.payee, transfer.reason] += transfer.micro
    if not totals:
        return ""
    largest = sorted(totals.items(), key=lambda item: -item[1])[:_MOST_LINKS]
    payments = [Payment(*who, reward(micro)) for who, micro in largest]
    title = f"Who paid whom in episode {episode.index}"
    if len(totals) > len(payments):
        title += f", the {len(payments)} largest of {len(totals):,} payments"
    rows = [[*payment[:3], number(payment.amount)] for payment in payments]
    numbers = table(title, ("payer", "payee", "reason", "amount"), rows)
    return figure(title, pictures.svg(pictures.flows(bands(payments))), numbers)


def _accounts(episode: Episode) -> str:
    """Return how what the game paid each seat became what it holds."""
    received: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = defaultdict(int)
    for transfer in episode.transfers:
        received[transfer.payee] += transfer.micro
        paid[transfer.payer] += transfer.micro
    rows = []
    for seat, held in episode.payoffs.items():
        moved = (reward(received[seat]), reward(paid[seat]))
        rows.append([seat, *map(number, (episode.raw.get(seat, 0.0), *moved, held))])
    heads = ("seat", "the game paid", "received", "paid", "holds")
    return table("From what the game paid to what seats hold", heads, rows)


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


def _tokens(episodes: Sequence[Episode]) -> list[str]:
    """Return the tokens of every seat by what they were for, if models were asked."""
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for episode in episodes:
        for spend in episode.spend:
            sums = totals[spend.seat, spend.purpose]
            sums[0] += spend.calls
            sums[1] += spend.prompt
            sums[2] += spend.completion
    rows = [
        {
            "seat": clean(seat, 40),
            "purpose": clean(purpose, 40),
            "value": sent + answered,
        }
        for (seat, purpose), (_, sent, answered) in totals.items()
    ]
    if not any(row["value"] for row in rows):
        return []
    title = "Tokens of every seat by what they were for"
    numbers = table(
        title,
        ("seat", "purpose", "answers", "tokens sent", "tokens answered"),
        [[*who, *(f"{count:,}" for count in sums)] for who, sums in totals.items()],
    )
    drawn = pictures.svg(pictures.amounts(rows, "purpose", "tokens"))
    return [figure(title, drawn, numbers)]
