"""The sentences of one episode: its contracts, payments and coalition values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records import Episode, Transfer
from shapley_coop.records.wording import breach_text, shares_text, terms_text
from shapley_coop.records.words import clean, names, number
from shapley_coop.runs.report import standing
from shapley_coop.runs.report.sentences import Entry

_MOST_GROUPS = 6
_MOST_COALITIONS = 16
_MOST_TRANSFERS = 40
_MOST_BREACHES = 24


def contracts(episode: Episode) -> list[str]:
    """Return what was signed, in plain words."""
    lines = []
    for contract in episode.contracts:
        lines += terms_text(contract.offer.terms)
        signers = names(contract.signatures)
        # Contracts signed before play hold from the first step on, which needs no words.
        when = f" at step {contract.step}" if contract.step else ""
        lines.append(f"signed by {signers}{when}")
    if episode.division is not None:
        shares = episode.division.offer.terms.shares
        division = "nothing"
        if shares:
            division = shares_text(shares)
        lines.append(f"division of the pot, agreed after play: {division}")
    if episode.arbitrated:
        lines.append("a table died, so the arbiter divided the pot by credit as played")
    return lines or ["nothing was signed"]


def ledger(episode: Episode) -> list[str]:
    """Return who paid whom and that the ledger sums to zero."""
    transfers = episode.transfers
    if not transfers:
        lines = ["no transfers"]
    elif len(transfers) > _MOST_TRANSFERS:
        lines = _transfer_groups(transfers)
    else:
        lines = [_transfer(transfer) for transfer in transfers]
    end = "sums to 0"
    if episode.ledger_residual:
        # This cannot happen unless the engine is wrong, so the reader is asked for help.
        end = f"is off by {episode.ledger_residual:,} micro-units: report this"
    lines.append(f"the ledger {end}")
    return lines


def breaches(episode: Episode) -> list[str]:
    """Return which promises were not kept."""
    lines = [breach_text(breach) for breach in episode.breaches[:_MOST_BREACHES]]
    rest = len(episode.breaches) - _MOST_BREACHES
    if rest > 0:
        lines.append(f"… {rest:,} more; episodes.jsonl has them")
    return lines


def _transfer(transfer: Transfer) -> str:
    payer = clean(transfer.payer, 40)
    payee = clean(transfer.payee, 40)
    amount = number(reward(transfer.micro))
    return f"{payer} → {payee}  {amount}  ({transfer.reason})"


def _transfer_groups(transfers: Sequence[Transfer]) -> list[str]:
    """Return how many transfers of which size there were, the most frequent first."""
    counts = Counter((transfer.reason, transfer.micro) for transfer in transfers)
    lines = []
    rest = len(transfers)
    for (reason, micro), count in counts.most_common(_MOST_GROUPS):
        amount = number(reward(micro))
        lines.append(f"{count:,} transfers of {amount}  ({reason})")
        rest -= count
    if rest:
        lines.append(f"{rest:,} other transfers")
    return lines


def sections(episode: Episode) -> list[tuple[str, list[str]]]:
    """Return what was agreed, what was paid, and what it stands up to, by heading."""
    parts = [
        ("Contract", contracts(episode)),
        ("Ledger", ledger(episode)),
        ("Breaches", breaches(episode)),
        *standing.sections(episode),
    ]
    return [(heading, lines) for heading, lines in parts if lines]


def coalitions(episode: Episode) -> list[Entry]:
    """Return the coalition values that a credit rests on, where they are few."""
    if episode.credit is None or episode.credit.coalitions is None:
        return []
    values = episode.credit.coalitions
    if len(values) > _MOST_COALITIONS:
        where = f"{len(values):,} values; episodes.jsonl has them"
        return [Entry("v(S)", where)]
    entries = []
    for label, value in values.items():
        coalition = clean(label, 60)
        entries.append(Entry(f"v({coalition})", number(value)))
    return entries
