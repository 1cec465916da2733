"""One episode: price the task, play it, measure the credit, divide the pot, settle."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from shapley_coop.config.sections import Config
from shapley_coop.credit.beliefs import shapley_of
from shapley_coop.credit.worth.kinds import absence_of, worth_method
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth_method import Policy, Scene
from shapley_coop.negotiation.bargain import Recorder
from shapley_coop.negotiation.checks import check_episode
from shapley_coop.negotiation.ledger import Settlement
from shapley_coop.negotiation.procedure import split_table
from shapley_coop.records import (
    Coalition,
    Contract,
    Credit,
    Episode,
    Seat,
    SeatCredit,
)
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.assign import MeasuredCredit, measure_scene
from shapley_coop.simulation.stage import Cast, Stage


async def play(
    game: Game,
    cast: Cast,
    config: Config,
    *,
    index: int,
    recorder: Recorder,
    baseline: Policy | None = None,
) -> Episode:
    """Play one episode from the opening to the settled ledger.

    Args:
        game: started here.
        cast: makes the agents.
        config: what is negotiated and how credit is measured.
        index: the number of the episode, from which its seed follows.
        recorder: takes the events.
        baseline: who plays absent seats in a replay.

    Raises:
        GameError: the game broke.
        ModelError: a model could not be asked.
        ConfigError: credit cannot be measured as configured.
    """
    began = perf_counter()
    method = worth_method(config.worth.kind)

    async def foresee(now: Stage) -> Credit | None:
        # A table that re-opens shows what credit is to be expected, if the kind knows that.
        credit = await method.worth(_scene(now, cast, baseline))
        return credit if isinstance(credit, Credit) else None

    stage = Stage(
        game,
        cast,
        config,
        index,
        recorder,
        foresee=foresee if method.foresees else None,
    )
    await stage.negotiate_and_act()
    measured = await measure_scene(
        method,
        _scene(stage, cast, baseline),
        config.protocol,
        seed=config.run.seed,
        episode=index,
        count_calls=lambda: cast.calls_and_tokens(index)[0],
    )
    credit = measured.credits.get("shapley")
    division, split_rounds = await share(stage, credit)
    # A protocol may divide by another index than the one that is reported.
    divisor = measured.credits.get("banzhaf", credit)
    settled = stage.settle(division, divisor)
    _emit_settlement(recorder, settled, credit)
    calls, tokens = cast.calls_and_tokens(index)
    episode = _episode(stage, measured, divisor, division, settled)
    checks = check_episode(game, episode, measured.worth, config.protocol)
    return episode.model_copy(
        update={
            "split_rounds": split_rounds,
            "calls": calls,
            "tokens": tokens,
            "checks": checks,
            "seconds": perf_counter() - began,
        }
    )


def _episode(
    stage: Stage,
    measured: MeasuredCredit,
    divisor: Credit | None,
    division: Contract | None,
    settled: Settlement,
) -> Episode:
    """Return the record of a play that is over, without its checks and costs."""
    game = stage.game
    outcomes = game.outcomes()
    credit = measured.credits.get("shapley")
    return Episode(
        index=stage.index,
        seed=stage.seed,
        seats=game.seats,
        steps=tuple(stage.steps),
        outcomes=tuple(sorted(outcomes)),
        success=game.goal in outcomes,
        beliefs=stage.beliefs,
        contracts=tuple(stage.contracts),
        division=division,
        # An arbiter divides by credit, so it can do nothing where none was measured.
        arbitrated=stage.arbiter_divides(division) and divisor is not None,
        raw=stage.raw(),
        payoffs=settled.payoffs,
        transfers=settled.transfers,
        breaches=settled.breaches,
        ledger_residual=settled.residual,
        rounds=stage.rounds,
        forfeits=stage.forfeits,
        decisions=stage.decisions,
        credit=credit,
        columns=_columns(stage, credit, divisor, division, settled),
        contributions=game.contributions(),
        myerson=measured.myerson,
    )


def _scene(stage: Stage, cast: Cast, baseline: Policy | None) -> Scene:
    """Return a play as the worth kind sees it, at this moment."""
    settings = stage.config.worth
    rule = absence_of(stage.game, settings)

    async def play_again(coalition: Coalition) -> float:
        there: Game | None = stage.game.fresh()
        if rule == "removed":
            if not coalition:
                return 0.0
            members = [seat for seat in stage.game.seats if seat in coalition]
            there = stage.game.restrict(members)
        if there is None:
            raise ConfigError(
                f"{stage.game.name} lists 'removed' but cannot remove seats",
                field="worth.absence",
            )
        # Nothing of these plays is recorded: they only show what a coalition is worth.
        live = Stage(
            there, cast, stage.config, stage.index, NullRecorder(), present=coalition
        )
        await live.negotiate_and_act()
        return float(sum(live.raw().values()))

    return Scene(
        game=stage.game,
        seed=stage.seed,
        settings=settings,
        steps=tuple(stage.steps),
        beliefs=dict(stage.beliefs),
        absence=rule,
        policy=baseline,
        replayer=play_again,
    )


async def share(stage: Stage, credit: Credit | None) -> tuple[Contract | None, int]:
    """Let the seats divide the pot if the protocol has them negotiate it.

    Returns:
        The division that was signed, if one was, and the rounds that it took.
    """
    protocol = stage.config.protocol
    settings = split_table(protocol)
    if settings is None:
        return None, 0
    # The seats see what they would hold if the contracts alone were settled.
    holdings = stage.settle(None, None).payoffs
    return await stage.bargain(
        "split",
        settings,
        think=protocol.long_term,
        credit=credit,
        holdings=holdings,
    )


def _columns(
    stage: Stage,
    credit: Credit | None,
    divisor: Credit | None,
    division: Contract | None,
    settled: Settlement,
) -> dict[Seat, SeatCredit]:
    """Set what each seat claimed, what was agreed and what was measured side by side."""
    agreed: dict[Seat, float] = {}
    # Without a contract nothing was promised, which is not the same as being promised 0.
    if stage.contracts or division is not None:
        agreed = stage.settle(division, divisor, as_agreed=True).payoffs
    claimed = {
        seat: shapley_of(beliefs, stage.game.seats)[seat]
        for seat, beliefs in stage.beliefs.items()
    }
    measured = credit.values if credit else {}
    errors = credit.stderr if credit else {}
    columns = {}
    for seat in stage.game.seats:
        secure = stage.outside[seat]
        columns[seat] = SeatCredit(
            claimed=claimed.get(seat),
            agreed=agreed.get(seat),
            measured=measured.get(seat),
            stderr=errors.get(seat, 0.0),
            final=settled.payoffs[seat],
            outside=secure.value if secure else None,
        )
    return columns


def _emit_settlement(
    recorder: Recorder, settled: Settlement, credit: Credit | None
) -> None:
    data: dict[str, Any] = {} if credit is None else credit.model_dump(mode="json")
    recorder.emit("credit", phase="settle", **data)
    for transfer in settled.transfers:
        recorder.emit("transfer", phase="settle", **transfer.model_dump(mode="json"))
