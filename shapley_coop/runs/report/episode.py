"""The sentences of one episode: its steps, contracts, payments and coalition values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records import Episode, Step, Transfer
from shapley_coop.records.words import clean, names, number, shares_text, terms_text
from shapley_coop.runs.report.rows import FEW
from shapley_coop.runs.report.sentences import Entry

_MOST_GROUPS = 6
_MOST_COALITIONS = 16


def steps(episode: Episode) -> list[str]:
    """Return what was done in an episode, one line a step.

    Of many steps, the first and the last are shown.
    """
    count = len(episode.steps)
    if count <= FEW:
        return [_step(index, step) for index, step in enumerate(episode.steps)]
    head = [_step(index, episode.steps[index]) for index in range(FEW - 3)]
    tail = [_step(index, episode.steps[index]) for index in range(count - 2, count)]
    return [*head, f"… {count - FEW + 1:,} steps left out", *tail]


def _step(index: int, step: Step) -> str:
    groups: dict[tuple[str, float], list[str]] = {}
    for seat, action in step.actions.items():
        payment = step.rewards.get(seat, 0.0)
        groups.setdefault((action, payment), []).append(seat)
    rows = sorted(groups.items(), key=lambda row: -len(row[1]))
    parts = []
    for (action, payment), seats in rows[:_MOST_GROUPS]:
        each = " each" if len(seats) > 1 else ""
        payment_text = number(payment, sign=True)
        parts.append(f"{names(seats)} {clean(action, 40)} ({payment_text}{each})")
    if len(rows) > _MOST_GROUPS:
        parts.append(f"{len(rows) - _MOST_GROUPS} more kinds")
    return f"step {index}: {'; '.join(parts)}"


def contracts(episode: Episode) -> list[str]:
    """Return what was signed, in plain words."""
    lines = []
    for contract in episode.contracts:
        when = f" at step {contract.step}" if contract.step else ""
        lines += terms_text(contract.offer.terms)
        lines.append(f"signed by {names(contract.signatures)}{when}")
    if episode.division is not None:
        shares = episode.division.offer.terms.shares
        division = shares_text(shares) if shares else "nothing"
        lines.append(f"division of the pot, agreed after play: {division}")
    if episode.arbitrated:
        lines.append(
            "a table died, so the arbiter divided the pot by measured Shapley value"
        )
    return lines or ["nothing was signed"]


def ledger(episode: Episode) -> list[str]:
    """Return who paid whom and that the ledger sums to zero."""
    transfers = episode.transfers
    if len(transfers) > FEW:
        lines = _transfer_groups(transfers)
    else:
        lines = [_transfer(transfer) for transfer in transfers]
    end = "sums to 0"
    if episode.ledger_residual:
        end = f"is off by {episode.ledger_residual:,} micro-units: report this"
    return [*(lines or ["no transfers"]), f"the ledger {end}"]


def _transfer(transfer: Transfer) -> str:
    sides = f"{clean(transfer.payer, 40)} → {clean(transfer.payee, 40)}"
    return f"{sides}  {number(reward(transfer.micro))}  ({transfer.reason})"


def _transfer_groups(transfers: Sequence[Transfer]) -> list[str]:
    counts = Counter((transfer.reason, transfer.micro) for transfer in transfers)
    groups = counts.most_common(_MOST_GROUPS)
    lines = [
        f"{count:,} transfers of {number(reward(micro))}  ({reason})"
        for (reason, micro), count in groups
    ]
    rest = len(transfers) - sum(count for _, count in groups)
    if rest:
        lines.append(f"{rest:,} other transfers")
    return lines


def coalitions(episode: Episode) -> list[Entry]:
    """Return the coalition values that a credit rests on, where they are few."""
    values = episode.credit.coalitions if episode.credit else None
    if values is None or len(values) > _MOST_COALITIONS:
        return []
    return [Entry(f"v({clean(k, 60)})", number(value)) for k, value in values.items()]
