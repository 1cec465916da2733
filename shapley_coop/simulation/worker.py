"""Plays the episodes of one run with one gateway, and accounts for what each of them cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from shapley_coop.agents.people import Memory
from shapley_coop.agents.roles import roles_of
from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.config.seeds import episode_seed
from shapley_coop.credit.worth.kinds import worth_method
from shapley_coop.errors import (
    Blame,
    ConfigError,
    EpisodeError,
    LimitReached,
    PluginError,
    cause_text,
    unknown,
)
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Backend, Target
from shapley_coop.interfaces.plugins import (
    hands_on_parameters,
    load,
    parameters,
    required_parameters,
    takes_render_mode,
)
from shapley_coop.llm import specs
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money.budget import Purse
from shapley_coop.llm.secrets import redact
from shapley_coop.records import Episode
from shapley_coop.records.words import clean
from shapley_coop.runs.store import EpisodeRecorder, NullRecorder
from shapley_coop.simulation.casting import ModelDesk, seat_cast
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.assign import baseline_policies, check_worth
from shapley_coop.simulation.measurement.potential import Potential
from shapley_coop.simulation.measurement.scene import CoalitionPlayer

Recorder = EpisodeRecorder | NullRecorder
MOST_REASON = 2000
"""Characters of a reason why an episode failed."""
GRACE = 1.0
"""Seconds after which an episode out of time ends even where it waits for no model's answer."""


def make_game(config: Config) -> Game:
    """Return the configured game.

    Raises:
        PluginError: there is no such game.
        ConfigError: it does not take these parameters.
    """
    return open_game(config.game_id, config.game_parameters)


def open_game(
    name: str, choices: Mapping[str, Any], *, render_mode: str | None = None
) -> Game:
    """Return a game by its name, made with parameters.

    Args:
        name: a registered name, or `module:attribute`.
        choices: the parameters. How a game renders is none of them.
        render_mode: how it renders. None leaves that to the game.

    Raises:
        PluginError: there is no such game.
        ConfigError: it does not take these parameters.
    """
    factory = load("games", name)
    known = parameters(factory)
    for parameter in choices:
        if parameter not in known and not hands_on_parameters(factory):
            message = unknown(f"parameter of {name}", parameter, known)
            raise ConfigError(message, field="game")
    for parameter in required_parameters(factory):
        if parameter not in choices:
            raise ConfigError(
                f"{name} has no default for its parameter {parameter!r}; set it",
                field=f"game.{parameter}",
            )
    rendering = {}
    if render_mode is not None:
        if not takes_render_mode(factory):
            raise ConfigError(
                f"{name} does not take render_mode; leave it out", field="render_mode"
            )
        rendering["render_mode"] = render_mode

    def failure(error: BaseException) -> PluginError:
        message = f"game {name!r} could not be made: {cause_text(error)}"
        return PluginError(message, field="game.id")

    with Blame(failure):
        game = factory(**choices, **rendering)
    if not isinstance(game, Game):
        raise ConfigError(
            f"{name!r} is no game of this project: it made {game!r}", field="game.id"
        )
    return game


def open_gateway(
    config: Config,
    calls: Path | None,
    *,
    seats: int,
    mode: CassetteMode,
    make_backend: Callable[[Target], Backend] = specs.open_backend,
    by_place: bool = False,
    purse: Purse | None = None,
) -> Gateway:
    """Return the gateway of a run.

    Args:
        config: how models are asked, and what may be spent.
        calls: the cassette's file. None keeps the cassette in memory.
        seats: how many seats the game has.
        mode: `replay` asks no model.
        make_backend: makes the backends of models.
        by_place: whether a replay finds answers by who asked for them in which order.
        purse: what several runs may spend together.
    """
    # A fresh recording must not answer from an older one.
    cassette = Cassette(
        None if mode == "off" else calls,
        writable=mode != "replay",
        recall=mode != "record",
    )
    # A replay and a check ask nobody, so they neither need nor fill the shared cache.
    asks = calls is not None and mode != "replay"
    shared = config.model.cache if asks else ""
    gateway = Gateway(
        config.model,
        cassette,
        seats=seats,
        mode=mode,
        concurrency=config.run.concurrency,
        limits=config.limits,
        cache=Cache(Path(shared)) if shared else None,
        open_backend=make_backend,
        by_place=by_place,
    )
    if purse is not None:
        gateway.budget.draw_on(purse)
    return gateway


def check_names(config: Config) -> Game:
    """Raise now where a name in a configuration means nothing, and return its game.

    No model is opened.

    Raises:
        PluginError: there is no such game, agent, model, worth kind or settlement mode.
        ConfigError: the game does not take these parameters, or has no such seat.
    """
    game = make_game(config)
    worth_method(config.worth.kind)
    settlement_mode(config.protocol.settlement)
    roles = roles_of(game, config.agent, config.seats, config.model.name)
    for member in roles.values():
        if member.model is not None:
            specs.target(member.model, config.model)
    return game


async def check_run(config: Config) -> Game:
    """Raise now what would keep a run from being played, and return its game.

    Raises:
        InputError: a game, seat, agent, model or worth cannot be used as configured.
    """
    game = check_names(config)
    check_worth(game, config.worth, config.protocol)
    gateway = open_gateway(config, None, seats=len(game.seats), mode="off")
    try:
        seat_cast(config, game, gateway)
        baseline_policies(game, config.worth, config.run.seed, 0)
    finally:
        await gateway.close()
    return game


class Worker:
    """Plays episodes of one configuration.

    Args:
        config: what is played.
        game: any instance of the configured game.
        gateway: asks the models of all seats.
        memory: keeps what people answer. None means that they are asked every time.
        player: plays coalitions again. None means that this worker does.
    """

    def __init__(
        self,
        config: Config,
        game: Game,
        gateway: ModelDesk,
        memory: Memory | None = None,
        player: CoalitionPlayer | None = None,
    ) -> None:
        self.config = config
        self.game = game
        self.gateway = gateway
        self.cast = seat_cast(config, game, gateway, memory)
        self.potential = Potential(game, config.worth, config.run.seed)
        self._player = player

    async def episode(self, index: int, recorder: Recorder) -> None:
        """Play one episode and record it.

        A plug-in that breaks, or an episode's own time limit, ends the episode and not the run.
        """
        began = time.perf_counter()
        try:
            episode = await self._play_in_time(index, recorder)
        except EpisodeError as error:
            # Somebody's code may say in its error whatever it knows, a key too.
            reason = clean(redact(str(error)), MOST_REASON)
            recorder.emit("error", phase="play", reason=reason)
            recorder.keep_traceback(error)
            episode = self._cut_short(index, "failed", reason, began)
        except LimitReached as limit:
            if limit.episode != index:
                raise
            recorder.emit("limit", phase="play", reason=str(limit))
            episode = self._cut_short(index, "limit", str(limit), began)
        recorder.finish(self._with_costs(episode))
        self.gateway.end(index)

    async def _play_in_time(self, index: int, recorder: Recorder) -> Episode:
        seconds = self.config.limits.episode_seconds
        if seconds is None:
            return await self._play(index, recorder)
        reason = f"limits.episode_seconds = {seconds:g} is reached"
        self.gateway.allow(index, seconds, reason)
        # A replay meets the limit at the recorded question, however fast this machine is.
        if self.gateway.mode == "replay":
            return await self._play(index, recorder)
        try:
            async with asyncio.timeout(seconds + GRACE):
                return await self._play(index, recorder)
        except TimeoutError:
            self.gateway.record_limit(index, reason)
            raise LimitReached(
                reason, episode=index, field="limits.episode_seconds"
            ) from None

    async def _play(self, index: int, recorder: Recorder) -> Episode:
        return await play(
            self.game.fresh(),
            self.cast,
            self.config,
            index=index,
            recorder=recorder,
            potential=self.potential,
            player=self._player,
        )

    def _cut_short(
        self, index: int, status: Literal["failed", "limit"], error: str, began: float
    ) -> Episode:
        tally = self.gateway.tally(index)
        return Episode(
            index=index,
            seed=episode_seed(self.config.run.seed, index),
            status=status,
            error=error,
            seats=self.game.seats,
            calls=tally.calls,
            tokens=tally.tokens,
            seconds=time.perf_counter() - began,
        )

    def _with_costs(self, episode: Episode) -> Episode:
        """Return an episode with what its calls cost and how many its credit could share."""
        tally = self.gateway.tally(episode.index)
        credit = episode.credit
        # Equal questions of several coalitions are answered once, which credit says of itself.
        if credit is not None and tally.asked > tally.calls:
            credit = credit.model_copy(update={"saved": tally.asked - tally.calls})
        spend = self.gateway.spending(episode.index)
        return episode.model_copy(update={"spend": spend, "credit": credit})
