"""What every credit method returns: a number a row and a number a token."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class TurnCredit:
    """Credit of each turn and token, in reward units unless a method normalises."""

    row_R: Tensor
    """Credit of each row (turn of a seat)."""
    token_K: Tensor
    """Credit of each token, which is 0 on tokens that are not the seat's own."""
