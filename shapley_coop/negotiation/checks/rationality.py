"""Individual rationality: whether anybody signed for less than it could have had without."""

from __future__ import annotations

from shapley_coop.records import Episode, Rationality, Seat


def rationality(episode: Episode) -> Rationality | None:
    """Return by how much each signatory's agreed payoff beats its outside option.

    Agreed payoffs are those if all keep what they signed. So a seat that was let down, or that
    broke its own word, did not sign for less, and what it forfeits for that is no part of them.
    None means that there is no deal, or that no outside option is known.
    """
    signatories = _signatories(episode)
    margins: dict[Seat, float] = {}
    for seat, column in episode.columns.items():
        # A seat that signed nothing agreed to nothing, whatever others agreed about it.
        if seat not in signatories:
            continue
        if column.agreed is not None and column.outside is not None:
            margins[seat] = column.agreed - column.outside
    return Rationality(margins=margins) if margins else None


def absent_reason(episode: Episode) -> str:
    """Return why individual rationality of an episode could not be judged."""
    if _signatories(episode):
        return "no outside option is known"
    return "nothing was signed"


def _signatories(episode: Episode) -> set[Seat]:
    contracts = list(episode.contracts)
    if episode.division is not None:
        contracts.append(episode.division)
    signatories: set[Seat] = set()
    for contract in contracts:
        signatories.update(contract.signatures)
    return signatories
