"""What every record is, and the few words and bounds that records share."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Seat = str
Coalition = frozenset[str]
Facts = dict[str, Any]
"""JSON values only: numbers, strings, booleans, lists and dicts of them."""

WorthKind = str
"""The name of a worth kind: one of our own or of a plug-in's."""
Absence = Literal["removed", "idle", "baseline", "swap"]
Redistribution = Literal[
    "none", "negotiated", "shapley", "equal", "proportional", "banzhaf"
]
Phase = Literal["task", "play", "split", "settle"]
Status = Literal["done", "failed", "limit"]
Externality = Literal["positive", "negative", "none"]

MAX_PRICE = 1e9
MAX_SPEECH = 2000


class Record(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")
