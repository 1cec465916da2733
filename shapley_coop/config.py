"""The configuration of a run: read in one place, validated once, no default stated twice."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from shapley_coop.claims import Reasoning
from shapley_coop.errors import ConfigError, unknown
from shapley_coop.records import Absence, Redistribution, Seat, Settlement, WorthKind


class Section(BaseModel):
    """A part of the configuration; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class TableRules(Section):
    """How one negotiation table works."""

    rounds: int = Field(default=3, ge=1, le=100)
    """Most rounds; in one round every seat may speak once."""
    order: Literal["fixed", "random", "simultaneous"] = "fixed"
    """Who speaks when; `random` draws a new order each round."""
    quorum: FiniteFloat = Field(default=1.0, gt=0, le=1)
    """Share of the seats that must sign; those an offer binds must always sign."""
    deadlock: Literal["none", "arbiter"] = "none"
    """What a dead table means: no deal, or the engine's own Shapley split."""


class Protocol(Section):
    """Which phases are on and by which rules: data, never a subclass."""

    name: str = "shapley-coop"
    task_table: TableRules | None = TableRules()
    """Negotiation before play; none: no talk."""
    short_term: bool = True
    """Seats state beliefs before they price, and get back the Shapley values that follow."""
    reprice_every: int = Field(default=0, ge=0)
    """Re-open the task table before every k-th step; 0: never."""
    split: Redistribution = "negotiated"
    """How the pot is redistributed after play."""
    split_table: TableRules | None = TableRules(rounds=2)
    """Negotiation after play, used when `split` is negotiated."""
    long_term: bool = True
    """Seats state beliefs again after play, with the measured log in view."""
    settlement: Settlement = "binding"
    deposit: FiniteFloat = Field(default=1.0, ge=0)
    """Under escrow: what a seat forfeits for each action that it promised and did not take."""


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            name="solo",
            task_table=None,
            short_term=False,
            split="none",
            split_table=None,
            long_term=False,
        ),
        Protocol(name="talk", short_term=False, split="none", split_table=None, long_term=False),
        Protocol(name="short-term", split="none", split_table=None, long_term=False),
        Protocol(name="shapley-coop"),
    )
}


class WorthRules(Section):
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


class ModelRules(Section):
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
    prices: dict[str, Price] = {}
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


class RunRules(Section):
    """How many episodes are played, from which seed, how many at once."""

    episodes: int = Field(default=1, ge=1)
    seed: int = Field(default=0, ge=0)
    concurrency: int = Field(default=4, ge=1)


class Config(Section):
    """Everything that decides a run; `config.toml` of a run folder holds it resolved."""

    game: dict[str, Any]
    """`id` and the game's own parameters."""
    protocol: Protocol = Protocol()
    agent: str = "llm"
    """Who sits at every seat not named in `seats`."""
    seats: dict[Seat, str] = {}
    worth: WorthRules = WorthRules()
    model: ModelRules = ModelRules()
    run: RunRules = RunRules()
    limits: Limits = Limits()

    @property
    def game_id(self) -> str:
        """The game's registered name or module:attribute path."""
        return str(self.game["id"])

    @property
    def game_parameters(self) -> dict[str, Any]:
        """What the game's factory is called with."""
        return {key: value for key, value in self.game.items() if key != "id"}


def read(path: Path) -> dict[str, Any]:
    """Return the raw tables of a TOML file.

    Raises:
        ConfigError: the file is missing, unreadable or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"cannot read config {str(path)!r}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config {str(path)!r} is no TOML: {error}") from error


def resolve(raw: Mapping[str, Any], overrides: Iterable[str] = ()) -> Config:
    """Return the validated configuration of raw tables and `a.b=c` overrides.

    `protocol` may be a name, or a table whose `name` picks the protocol that its other keys vary.

    Raises:
        ConfigError: an unknown key, protocol or a wrong value; every fault is listed.
    """
    tables = {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in raw.items()
    }
    for override in overrides:
        _override(tables, override)
    game = tables.get("game")
    if not isinstance(game, Mapping) or not game.get("id"):
        raise ConfigError(
            f"the configuration names no game: give its id under [game], got {game!r}"
        )
    tables["protocol"] = _protocol(tables.get("protocol", "shapley-coop"))
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from error


def _protocol(given: Any) -> dict[str, Any]:
    table = {"name": given} if isinstance(given, str) else given
    if not isinstance(table, Mapping):
        raise ConfigError(f"protocol must be a name or a table, got {given!r}")
    name = str(table.get("name", "shapley-coop"))
    if name not in PROTOCOLS:
        raise ConfigError(unknown("protocol", name, PROTOCOLS))
    return {**PROTOCOLS[name].model_dump(), **_merge_tables(name, table)}


def _merge_tables(name: str, table: Mapping[str, Any]) -> dict[str, Any]:
    base = PROTOCOLS[name].model_dump()
    return {
        key: {**(base.get(key) or {}), **value} if isinstance(value, Mapping) else value
        for key, value in table.items()
    }


def _override(tables: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"cannot read override {override!r}; write section.field=value")
    if keys == ["protocol"] or len(keys) == 1:
        tables[keys[0]] = _value(text)
        return
    if isinstance(tables.get("protocol"), str):
        tables["protocol"] = {"name": tables["protocol"]}
    put(tables, keys, _value(text))


def put(tables: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set the field that `keys` lead to, making sections on the way.

    Raises:
        ConfigError: one of the sections is a value.
    """
    here = tables
    for key in keys[:-1]:
        here = here.setdefault(key, {})
        if not isinstance(here, dict):
            raise ConfigError(f"cannot set {'.'.join(keys)}: {key!r} is a value, not a section")
    here[keys[-1]] = value


def _value(text: str) -> Any:
    """Read a TOML value; what is no TOML value is a string."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _explain(error: ValidationError) -> str:
    lines = []
    for fault in error.errors():
        path = [str(part) for part in fault["loc"]]
        if fault["type"] == "extra_forbidden":
            lines.append(unknown("field", ".".join(path), _fields(path[:-1])))
        else:
            lines.append(f"{'.'.join(path)}: {fault['msg'].lower()}, got {fault['input']!r}")
    return "; ".join(lines)


def _fields(path: list[str]) -> list[str]:
    """Return the full names of the fields that exist beside a wrong one."""
    sections: dict[str, type[Section]] = {
        "": Config,
        "protocol": Protocol,
        "protocol.task_table": TableRules,
        "protocol.split_table": TableRules,
        "worth": WorthRules,
        "model": ModelRules,
        "run": RunRules,
        "limits": Limits,
    }
    prefix = ".".join(path)
    model = sections.get(prefix, Config)
    return [f"{prefix}.{name}" if prefix else name for name in model.model_fields]
