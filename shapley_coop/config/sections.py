"""The sections of a configuration: worth, models, limits, the run, and the whole."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, FiniteFloat, field_validator

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.section import Section
from shapley_coop.config.shorthands import expand_game, expand_protocol
from shapley_coop.records import Absence, CoreConvention, Seat, WorthKind
from shapley_coop.records.statements import Reasoning

JsonForm = Literal["schema", "tool", "json", "plain"]
"""Ways to ask an endpoint for JSON, from the one that binds it most to the one that binds least."""
Output = Literal["auto", JsonForm]
"""A way to ask for JSON, or `auto` for the first that an endpoint takes."""
CassetteMode = Literal["off", "record", "replay", "auto"]
SamplingField = Literal["temperature", "top_p", "seed", "system"]
"""A part of a request that an endpoint can do without. `system` is the role of a message."""


class WorthSettings(Section):
    """How credit is measured."""

    kind: WorthKind = "realised"
    """How the value of a coalition is obtained: the name of a worth kind, or module:attribute."""
    absence: Absence | None = None
    """What replaces an absent seat. None means what the game's own worth assumes of it where kind
    is `realised`, and the first rule that the game supports otherwise."""
    baseline: str = "selfish"
    """The agent that plays absent seats under `baseline`."""
    swap: str = ""
    """The weaker model that plays absent seats under `swap`."""
    core: CoreConvention = "oracle"
    """What a coalition that objects to a division expects of the others: what the game's oracle
    assumes, the worst for it (`pessimistic`), or that they act as they did (`others-continue`)."""
    forecaster: str = ""
    """The file of a trained forecaster, for kind `forecast`."""
    exact_seats: int | None = Field(default=None, ge=1, le=24)
    """Up to this many seats every coalition is valued, and credit of more seats is sampled. None
    means 12, and more where all coalitions cost no more than a sample."""
    evaluations: int = Field(default=2000, ge=4)
    """The most coalition values to compute where credit is sampled."""
    replicates: int | None = Field(default=None, ge=1, le=1000)
    """How often a coalition is played where chance decides what it is worth. None means 16 times,
    or once in a rollout that asks models or people. The mean number, at most, where `ranking` or
    `width` may end a rollout before."""
    ranking: FiniteFloat | None = Field(default=None, gt=0, le=1)
    """End the plays of a rollout once the ranking of its seats is settled at this chance. None
    means that coalitions are played a fixed number of times."""
    width: FiniteFloat | None = Field(default=None, gt=0)
    """End them once the 95 % interval of each seat is at most +- this wide, in units of reward."""

    @property
    def stops_early(self) -> bool:
        """Whether what is known may end the plays of coalitions."""
        return self.ranking is not None or self.width is not None


_DEAREST = 1e9
"""No tokens cost more, and far greater sums cannot be reckoned with."""


class Price(Section):
    """US dollars a million tokens."""

    input: FiniteFloat = Field(ge=0, le=_DEAREST)
    """For tokens of the prompt."""
    output: FiniteFloat = Field(ge=0, le=_DEAREST)
    """For tokens of the answer."""
    cached: FiniteFloat | None = Field(default=None, ge=0, le=_DEAREST)
    """For prompt tokens that the provider had cached. None means the price of `input`."""


class ModelSettings(Section):
    """How models are asked."""

    name: str = "smollm2"
    """The model of language-model seats: a name, provider/model, or URL#model."""
    temperature: FiniteFloat = Field(default=0.7, ge=0)
    """How freely a model samples. 0 takes the likeliest token."""
    top_p: FiniteFloat = Field(default=0.95, gt=0, le=1)
    """The share of probability that tokens are sampled from."""
    max_tokens: int | None = Field(default=None, ge=1)
    """The most tokens of one answer. None means 320, and 100 more for every seat above eight."""
    text_tokens: int = Field(default=2048, ge=1)
    """The most tokens of an answer with an action that takes a text, such as a file's content. More
    of `max_tokens` count there too."""
    wire: Literal["json", "tags"] = "json"
    """How seats answer: JSON by schema, or the paper's <s> tags for models that cannot."""
    reasoning: Reasoning = "free"
    """What seats write before an action: a reason, nothing, the state, what will be, or both."""
    ask_forced: bool = False
    """Whether a seat with a single legal action is asked for it all the same. A seat that also
    says what it sees or expects always is."""
    repairs: int = Field(default=2, ge=0, le=5)
    """How often a seat is asked again after an unusable answer."""
    timeout: FiniteFloat = Field(default=120, gt=0)
    """The seconds that one call may take. A model in this process may take longer, if it is not
    silent for so long."""
    file: str = ""
    """A GGUF file to use in place of the embedded weights."""
    retry_seconds: FiniteFloat = Field(default=0.5, ge=0)
    """The wait, about, before a request that failed is sent again. Further waits are longer."""
    concurrency: int = Field(default=64, ge=1)
    """The most calls under way at one endpoint. Fewer are sent to one that takes fewer."""
    output: Output = "auto"
    """How an endpoint is asked for JSON. `auto` finds out by asking it once."""
    omit: tuple[SamplingField, ...] = ()
    """What not to send: sampling fields, or messages of the role `system`, whose words then stand
    before the question. What an endpoint refuses by name is left out anyway."""
    observe: Literal["text", "image", "both"] = "text"
    """How seats see the game: facts as text, the rendered frame, or both."""
    cassette: CassetteMode = "auto"
    """Whether calls are recorded, and answered from the record. `auto` does both."""
    cache: str = ""
    """A SQLite file of answers that runs share. Empty means that none are shared."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """Prices by model name: tables of `input`, `output` and `cached`, in US dollars a million
    tokens. They count before any price list."""


class Limits(Section):
    """What a run may spend over all its sessions."""

    cost: FiniteFloat | None = Field(default=None, gt=0)
    """The most US dollars. None means no limit."""
    tokens: int | None = Field(default=None, gt=0)
    """The most tokens of prompts and answers. None means no limit."""
    calls: int | None = Field(default=None, gt=0)
    """The most requests sent, repeats too. None means no limit."""
    seconds: FiniteFloat | None = Field(default=None, gt=0)
    """The wall time of the run. None means no limit."""
    episode_seconds: FiniteFloat | None = Field(default=None, gt=0)
    """The wall time of one episode. One that takes longer ends as `limit`, and the run goes on."""


class RunSettings(Section):
    """How many episodes are played, from which seed, and how many at once."""

    episodes: int = Field(default=1, ge=1)
    """How many episodes are played."""
    seed: int = Field(default=0, ge=0)
    """The seed of the whole run. Every draw follows from it."""
    concurrency: int = Field(default=4, ge=1)
    """How many episodes are under way at once."""


class Config(Section):
    """Everything that decides a run.

    The file `config.toml` of a run folder holds it resolved.
    """

    game: dict[str, Any]
    """The game: its `id`, a name or module:attribute, and its own parameters beside it."""
    protocol: NegotiationProtocol = NegotiationProtocol()
    """What is negotiated: a protocol's name, or a table whose `name` picks what it varies."""
    agent: str = "llm"
    """Who sits at every seat not named in `seats`: an agent, a model, or module:attribute."""
    seats: dict[Seat, str] = Field(default_factory=dict)
    """Who sits at a seat, by the name of the seat."""
    worth: WorthSettings = WorthSettings()
    """How credit is measured."""
    model: ModelSettings = ModelSettings()
    """How models are asked."""
    run: RunSettings = RunSettings()
    """How many episodes are played."""
    limits: Limits = Limits()
    """What may be spent."""

    @field_validator("game", mode="before")
    @classmethod
    def _name_is_a_game(cls, value: Any) -> Any:
        return expand_game(value)

    @field_validator("protocol", mode="before")
    @classmethod
    def _name_is_a_protocol(cls, value: Any) -> Any:
        # A protocol made in Python is whole. A name or a table is filled up from its preset.
        if isinstance(value, NegotiationProtocol):
            return value
        return expand_protocol(value)

    def agents_of(self, seats: Iterable[Seat]) -> dict[Seat, str]:
        """Return who sits at each of some seats: its own agent, or the common one."""
        return {seat: self.seats.get(seat, self.agent) for seat in seats}

    @property
    def game_id(self) -> str:
        """The game's registered name or module:attribute path."""
        return str(self.game["id"])

    @property
    def game_parameters(self) -> dict[str, Any]:
        """What the game's factory is called with."""
        return {key: value for key, value in self.game.items() if key != "id"}
