"""The values that stages hand to each other: clauses, offers, moves, steps, credits, episodes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

Seat = str
Coalition = frozenset[str]
Facts = dict[str, Any]
"""JSON values only: numbers, strings, booleans, lists and dicts of them."""

WorthKind = Literal["oracle", "replay", "rollout", "belief", "forecast"]
Absence = Literal["removed", "idle", "baseline", "swap"]
Settlement = Literal["binding", "escrow", "cheap-talk"]
Redistribution = Literal["none", "negotiated", "shapley", "equal", "proportional", "banzhaf"]
Phase = Literal["task", "play", "split", "settle"]
Status = Literal["done", "failed", "limit"]
Externality = Literal["positive", "negative", "none"]

Check = Literal["rationality", "equilibrium", "core"]
Line = tuple[str, ...]
"""One seat's actions of a whole game."""

TOLERANCE = 1e-5
"""What a gain has to exceed to count, in reward."""
MAX_PRICE = 1e9
MAX_SPEECH = 2000


class Record(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


# -- conditions and clauses ------------------------------------------------------------------


class Always(Record):
    """Holds whatever happens."""

    when: Literal["always"] = "always"


class Does(Record):
    """Holds if `seat` takes `action` at `step`; with `unless`, if it does not."""

    when: Literal["does"] = "does"
    seat: Seat
    action: str
    step: int = Field(default=0, ge=0)
    unless: bool = False


class AtLeast(Record):
    """Holds if `seat` takes `action` at least `times` times; with `unless`, if it does not."""

    when: Literal["at-least"] = "at-least"
    seat: Seat
    action: str
    times: int = Field(ge=1)
    unless: bool = False


class Outcome(Record):
    """Holds if the game ends with `outcome`; with `unless`, if it does not."""

    when: Literal["outcome"] = "outcome"
    outcome: str
    unless: bool = False


Condition = Annotated[Always | Does | AtLeast | Outcome, Field(discriminator="when")]


class Clause(Record):
    """`payer` owes `payee` the price if the condition holds.

    The price is an amount of reward, or a share in [0, 1] of the payer's own raw reward; a share
    of a loss is nothing, so a clause never makes the payee pay.
    """

    payer: Seat
    payee: Seat
    price: FiniteFloat = Field(ge=0, le=MAX_PRICE)
    unit: Literal["reward", "share"] = "reward"
    condition: Condition = Always()

    @model_validator(mode="after")
    def _sane(self) -> Clause:
        if self.payer == self.payee:
            raise ValueError(f"payer and payee are both {self.payer!r}; a clause needs two seats")
        if self.unit == "share" and self.price > 1:
            raise ValueError(f"a share is at most 1, got {self.price}; 55 percent is 0.55")
        return self

    @property
    def seats(self) -> Coalition:
        """Seats that the clause binds: both sides and the one whose action it names."""
        named = {self.condition.seat} if isinstance(self.condition, Does | AtLeast) else set()
        return frozenset({self.payer, self.payee} | named)


class Terms(Record):
    """What an offer says: clauses, or a division of the pot into shares that sum to one."""

    clauses: tuple[Clause, ...] = ()
    shares: dict[Seat, FiniteFloat] | None = None

    @model_validator(mode="after")
    def _sane(self) -> Terms:
        if self.shares is None:
            return self
        if any(share < 0 for share in self.shares.values()):
            raise ValueError(f"shares of the pot are never negative, got {self.shares}")
        if abs(sum(self.shares.values()) - 1) > 1e-6:
            raise ValueError(f"shares of the pot sum to 1, got {sum(self.shares.values()):g}")
        return self

    @property
    def seats(self) -> Coalition:
        """Seats that the terms bind."""
        bound = frozenset(self.shares or ())
        return bound.union(*(clause.seats for clause in self.clauses))


class Offer(Record):
    """Terms with an author, a round and a rationale."""

    id: int
    author: Seat
    round: int
    terms: Terms
    rationale: str = Field(default="", max_length=MAX_SPEECH)


class Contract(Record):
    """An offer signed by every seat that it binds, in force from `step` on."""

    offer: Offer
    signatures: tuple[Seat, ...]
    step: int = 0

    @model_validator(mode="after")
    def _signed(self) -> Contract:
        missing = self.offer.terms.seats - set(self.signatures)
        if missing:
            raise ValueError(f"no contract without the signature of {sorted(missing)}")
        return self


# -- moves -----------------------------------------------------------------------------------


class _Spoken(Record):
    say: str = Field(default="", max_length=MAX_SPEECH)


class Propose(_Spoken):
    """Put terms on an empty table."""

    kind: Literal["propose"] = "propose"
    terms: Terms


class Counter(_Spoken):
    """Replace the standing offer by other terms."""

    kind: Literal["counter"] = "counter"
    terms: Terms


class Accept(_Spoken):
    """Sign the standing offer, named by its id."""

    kind: Literal["accept"] = "accept"
    offer: int


class Reject(_Spoken):
    """Refuse the standing offer; it leaves the table."""

    kind: Literal["reject"] = "reject"


class Halt(_Spoken):
    """Leave the table for good."""

    kind: Literal["halt"] = "halt"


class Wait(_Spoken):
    """Let the turn pass; the only legal move of a seat whose turn it is not."""

    kind: Literal["wait"] = "wait"


Move = Annotated[
    Propose | Counter | Accept | Reject | Halt | Wait,
    Field(discriminator="kind"),
]
MoveKind = Literal["propose", "counter", "accept", "reject", "halt", "wait"]


class Beliefs(Record):
    """What one seat believes coalitions are worth: the typed half of Shapley chain-of-thought.

    `values` is keyed by the coalition's label (`pricing.label`); the engine does the arithmetic.
    """

    pot: FiniteFloat
    externality: Externality
    values: dict[str, FiniteFloat]
    reason: str = Field(default="", max_length=MAX_SPEECH)


# -- what happened ---------------------------------------------------------------------------


class Step(Record):
    """One step of a game: what every seat did and what it was paid by the game."""

    actions: dict[Seat, str]
    rewards: dict[Seat, FiniteFloat]


class Transfer(Record):
    """One settled payment in integer micro-units."""

    payer: Seat
    payee: Seat
    micro: int = Field(gt=0)
    reason: Literal["clause", "deposit", "division"]


class Breach(Record):
    """A promise of a signed contract that its seat did not keep."""

    seat: Seat
    clause: Clause
    broken: Literal["action", "payment"]


class SeatCredit(Record):
    """One seat's three columns, with how the measured one was obtained."""

    claimed: float | None = None
    agreed: float | None = None
    measured: float | None = None
    stderr: float = 0.0
    final: float = 0.0
    outside: float | None = None

    @property
    def overclaim(self) -> float | None:
        """Claimed minus measured contribution."""
        if self.claimed is None or self.measured is None:
            return None
        return self.claimed - self.measured

    @property
    def rational(self) -> bool | None:
        """Whether the seat ended at or above its outside option."""
        return None if self.outside is None else self.final >= self.outside - 1e-6


class Credit(Record):
    """Measured credit of one episode: a value per seat and how it was obtained."""

    values: dict[Seat, float]
    stderr: dict[Seat, float]
    method: str
    worth: WorthKind
    absence: Absence | None
    empty: float
    """v(∅), stated rather than assumed."""
    grand: float
    """v(N)."""
    evaluations: int
    calls: int = 0
    """Model calls made for it."""
    saved: int = 0
    """Model calls that it needed and that equal ones had answered already."""
    coalitions: dict[str, float] | None = None
    """Every coalition value used, by label, where there are few enough to list."""
    coalition_stderr: dict[str, float] | None = None
    """Their standard errors, where values are means over chance."""


class Spend(Record):
    """What one seat's calls of one purpose to one model came to; `calls` counts answers."""

    seat: Seat
    purpose: str
    model: str
    calls: int = 0
    sent: int = 0
    """Times that a request was sent for them."""
    prompt: int = 0
    completion: int = 0
    cost: float | None = None
    """US dollars; None where the price is not known."""


class Rationality(Record):
    """By how much each seat's agreement beats its outside option; below 0 it should not sign."""

    margins: dict[Seat, float]

    @property
    def holds(self) -> bool:
        """Whether nobody signed away its outside option."""
        return all(margin >= -TOLERANCE for margin in self.margins.values())


class Deviation(Record):
    """What one seat would gain by acting otherwise while all others keep to the profile."""

    seat: Seat
    actions: Line
    gain: float


class Equilibrium(Record):
    """Whether keeping to a profile is each seat's best answer under the contracts."""

    profile: dict[Seat, Line]
    nash: bool
    dominant: bool | None
    """Whether it is best whatever the others do; none: too many profiles to look at."""
    deviation: Deviation | None
    """The most profitable deviation, if one pays."""


class Core(Record):
    """Whether some coalition could do better by itself than the division lets it."""

    holds: bool
    objector: tuple[Seat, ...]
    """The coalition with the greatest excess."""
    excess: float
    """What it could gain by itself: v(S) minus what its members hold."""
    stderr: float = 0.0
    """Standard error of v(S), where values are means over chance."""


class Checks(Record):
    """What an episode's agreement stands up to; what was not checked is none, and says why."""

    rationality: Rationality | None = None
    equilibrium: Equilibrium | None = None
    core: Core | None = None
    skipped: dict[Check, str] = {}


class Episode(Record):
    """One play of a game under one seed: the unit of resume."""

    index: int
    seed: int
    status: Status = "done"
    error: str = ""
    seats: tuple[Seat, ...]
    steps: tuple[Step, ...] = ()
    outcomes: tuple[str, ...] = ()
    success: bool = False
    beliefs: dict[Seat, Beliefs] = {}
    contracts: tuple[Contract, ...] = ()
    division: Contract | None = None
    arbitrated: bool = False
    """A table died under a protocol whose arbiter then divided the pot by measured credit."""
    raw: dict[Seat, float] = {}
    payoffs: dict[Seat, float] = {}
    transfers: tuple[Transfer, ...] = ()
    breaches: tuple[Breach, ...] = ()
    ledger_residual: int = 0
    rounds: int = 0
    split_rounds: int = 0
    forfeits: dict[Seat, int] = {}
    decisions: int = 0
    events: int = 0
    """How many events of it were written, filled in by the run folder: resume checks it."""
    credit: Credit | None = None
    columns: dict[Seat, SeatCredit] = {}
    checks: Checks | None = None
    contributions: dict[Seat, float] | None = None
    """The game's own figures of what each seat contributed, where it has any."""
    myerson: Credit | None = None
    """Credit where only linked seats work together, in games that have links."""
    calls: int = 0
    tokens: int = 0
    spend: tuple[Spend, ...] = ()
    seconds: float = 0.0
