"""What every record is, and the few words and bounds that records share."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

# Names of seats come from games and end up on screens: treat them as a stranger's text.
Seat = str
Coalition = frozenset[Seat]
Line = tuple[str, ...]
"""One seat's actions in order."""
Facts = dict[str, Any]
"""JSON values only: numbers, strings, booleans, lists and dicts of them."""

WorthKind = str
"""The name of a worth kind: one of our own or of a plug-in's."""
Absence = Literal["removed", "idle", "baseline", "swap", "agreed", "worst-reply"]
"""What stands in for an absent seat. A game lists those of the first four that it supports. Any
seat can keep what it signed (`agreed`), and some oracles assume the worst reply in hindsight."""
Redistribution = Literal[
    "none", "negotiated", "shapley", "equal", "proportional", "banzhaf"
]
CoreConvention = Literal["oracle", "pessimistic", "others-continue"]
"""What a coalition that objects to a division expects of the others."""
Phase = Literal["task", "play", "split", "settle"]
TransferReason = Literal["clause", "deposit", "division"]
Status = Literal["done", "failed", "limit"]
Externality = Literal["positive", "negative", "none"]

# Bounds on what a seat may write, so that no single answer fills a log or breaks a sum.
MAX_PRICE = 1e9
MOST_OWED = 1e15
"""The most that a clause is about, whoever wrote it. Beyond it amounts lose their decimals."""
MAX_SPEECH = 2000


class Record(BaseModel):
    """A frozen value that refuses unknown fields."""

    # JSON has no infinity. With "constants" it is written as Python reads it back.
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
