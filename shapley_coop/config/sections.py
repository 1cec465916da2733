"""The sections of a configuration: worth, models, limits, the run, and the whole."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, FiniteFloat

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.section import Section
from shapley_coop.records import Absence, Seat, WorthKind
from shapley_coop.records.statements import Reasoning


class WorthSettings(Section):
    """How credit is measured."""

    kind: WorthKind = "oracle"
    absence: Absence | None = None
    """What replaces an absent seat; none: the first rule that the game supports."""
    baseline: str = "selfish"
    """The agent that plays absent seats under `baseline`."""
    swap: str = ""
    """The weaker model that plays absent seats under `swap`."""
    forecaster: str = ""
    """The file of a trained forecaster, for kind `forecast`."""
    exact_seats: int = Field(default=12, ge=1, le=24)
    """Up to this many seats every coalition is valued; above, credit is sampled."""
    evaluations: int = Field(default=2000, ge=4)
    """Most coalition values to compute where credit is sampled."""


class Price(Section):
    """US dollars a million tokens."""

    input: FiniteFloat = Field(ge=0)
    output: FiniteFloat = Field(ge=0)
    cached: FiniteFloat | None = Field(default=None, ge=0)
    """For prompt tokens that the provider had cached; none: like `input`."""


class ModelSettings(Section):
    """How models are asked."""

    name: str = "smollm2"
    """Default model of language-model seats: a name, provider/model, or URL#model."""
    temperature: FiniteFloat = Field(default=0.7, ge=0)
    top_p: FiniteFloat = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=320, ge=1)
    wire: Literal["json", "tags"] = "json"
    """How seats answer: JSON by schema, or the paper's <s> tags for models that cannot."""
    reasoning: Reasoning = "free"
    """What seats write before an action: a reason, nothing, the state, what will be, or both."""
    repairs: int = Field(default=2, ge=0, le=5)
    """Most times a seat is asked again after an unusable answer."""
    timeout: FiniteFloat = Field(default=120, gt=0)
    """Seconds that one call may take."""
    file: str = ""
    """A GGUF file to use in place of the embedded weights."""
    concurrency: int = Field(default=64, ge=1)
    """Most calls under way at one endpoint; how many it takes is found out."""
    output: Literal["auto", "schema", "tool", "json", "plain"] = "auto"
    """How an endpoint is asked for JSON; auto: found by asking it once."""
    omit: tuple[Literal["temperature", "top_p", "seed"], ...] = ()
    """Sampling fields that an endpoint does not know; found by asking where it says so."""
    observe: Literal["text", "image", "both"] = "text"
    """How seats see the game: facts as text, the rendered frame, or both."""
    cassette: Literal["off", "record", "replay", "auto"] = "auto"
    """Whether calls are recorded and answered from the record: auto does both."""
    cache: str = ""
    """A SQLite file of answers shared by runs; empty: none."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """By model name, before any table."""


class Limits(Section):
    """What a run may spend, over all its sessions; none: no limit."""

    cost: FiniteFloat | None = Field(default=None, gt=0)
    """US dollars."""
    tokens: int | None = Field(default=None, gt=0)
    calls: int | None = Field(default=None, gt=0)
    """Times that a request is sent, repeats too."""
    seconds: FiniteFloat | None = Field(default=None, gt=0)
    """Wall time of the run."""
    episode_seconds: FiniteFloat | None = Field(default=None, gt=0)
    """Wall time of one episode; one that takes longer ends as `limit` and the run goes on."""


class RunSettings(Section):
    """How many episodes are played, from which seed, how many at once."""

    episodes: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0)
    concurrency: int = Field(default=4, ge=1)


class Config(Section):
    """Everything that decides a run; `config.toml` of a run folder holds it resolved."""

    game: dict[str, Any]
    """`id` and the game's own parameters."""
    protocol: NegotiationProtocol = NegotiationProtocol()
    agent: str = "llm"
    """Who sits at every seat not named in `seats`."""
    seats: dict[Seat, str] = Field(default_factory=dict)
    worth: WorthSettings = WorthSettings()
    model: ModelSettings = ModelSettings()
    run: RunSettings = RunSettings()
    limits: Limits = Limits()

    @property
    def game_id(self) -> str:
        """The game's registered name or module:attribute path."""
        return str(self.game["id"])

    @property
    def game_parameters(self) -> dict[str, Any]:
        """What the game's factory is called with."""
        return {key: value for key, value in self.game.items() if key != "id"}
