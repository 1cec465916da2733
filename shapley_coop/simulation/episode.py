"""One episode: price the task, play it, measure the credit, divide the pot, settle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from shapley_coop.config.sections import Config
from shapley_coop.credit.worth.failures import worth_of
from shapley_coop.credit.worth.kinds import worth_method
from shapley_coop.interfaces.agent import Payer
from shapley_coop.interfaces.asking import Answer, ask_payment
from shapley_coop.interfaces.deals.money import reward
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.waiting import run_together_in_order
from shapley_coop.interfaces.worth_method import WorthMethod
from shapley_coop.negotiation.bargain import Recorder
from shapley_coop.negotiation.checks.episode import check_episode
from shapley_coop.negotiation.ledger import Settlement
from shapley_coop.negotiation.procedure import split_table
from shapley_coop.records import (
    TOLERANCE,
    Clause,
    Contract,
    Credit,
    Episode,
    Seat,
    SeatCredit,
)
from shapley_coop.simulation.cast import Cast
from shapley_coop.simulation.measurement.assign import measure_scene
from shapley_coop.simulation.measurement.columns import Ending, seat_columns
from shapley_coop.simulation.measurement.deal import deal_of
from shapley_coop.simulation.measurement.divisor import divisor_of_plays, find_divisor
from shapley_coop.simulation.measurement.potential import Potential
from shapley_coop.simulation.measurement.scene import CoalitionPlayer, scene_of
from shapley_coop.simulation.stage import Stage


async def play(
    game: Game,
    cast: Cast,
    config: Config,
    *,
    index: int,
    recorder: Recorder,
    potential: Potential,
    player: CoalitionPlayer | None = None,
) -> Episode:
    """Play one episode from the opening to the settled ledger.

    Args:
        game: started here.
        cast: makes the agents.
        config: what is negotiated and how credit is measured.
        index: the number of the episode, from which its seed follows.
        recorder: takes the events.
        potential: what the rules of the game make its seats worth.
        player: plays coalitions again. None means that they are played here.

    Raises:
        EpisodeError: the game, an agent or the worth kind broke.
        ModelError: a model could not be asked.
        ConfigError: credit cannot be measured as configured.
    """
    began = perf_counter()
    method = worth_method(config.worth.kind)
    foresee = _forecaster(method, cast)
    stage = Stage(game, cast, config, index, recorder, foresee=foresee)
    await stage.negotiate_and_act()
    deal = deal_of(game, stage.seed, stage.contracts, stage.steps)
    scene = scene_of(stage, cast, deal, player)
    measured = await measure_scene(
        method,
        scene,
        seed=config.run.seed,
        episode=index,
        count_calls=lambda: cast.calls_and_tokens(index)[0],
    )
    divisor = await find_divisor(scene, measured.credit, config, index)
    division, split_rounds = await share(stage, divisor, potential.credit)
    await ask_payers(stage, division, divisor)
    ending = Ending(
        scene=scene,
        credit=measured.credit,
        potential=potential.credit,
        deal=deal,
        division=division,
        divisor=divisor,
        settlement=stage.settle(division, divisor),
    )
    _return_deposits(stage, ending.settlement)
    _emit_settlement(recorder, ending.settlement, measured.credit)
    columns = await seat_columns(stage, ending)
    episode = _episode(stage, ending, columns, measured.myerson)
    checks = check_episode(
        game, episode, config, potential.worth, divisor_of_plays(scene, config, index)
    )
    calls, tokens = cast.calls_and_tokens(index)
    return episode.model_copy(
        update={
            "split_rounds": split_rounds,
            "calls": calls,
            "tokens": tokens,
            "checks": checks,
            "attainable": potential.attainable(config.protocol),
            "seconds": perf_counter() - began,
        }
    )


def _forecaster(
    method: WorthMethod, cast: Cast
) -> Callable[[Stage], Awaitable[Credit | None]] | None:
    """Return what tells the credit to expect at tables that re-open, if the kind knows that."""
    if not method.foresees:
        return None

    async def foresee(now: Stage) -> Credit | None:
        credit = await worth_of(method, scene_of(now, cast))
        return credit if isinstance(credit, Credit) else None

    return foresee


def _episode(
    stage: Stage,
    ending: Ending,
    columns: Mapping[Seat, SeatCredit],
    myerson: Credit | None,
) -> Episode:
    """Return the record of a play that is over, without its checks and costs."""
    game = stage.game
    outcomes = game.outcomes()
    settlement = ending.settlement
    arbitrated = stage.arbiter_divides(ending.division)
    return Episode(
        index=stage.index,
        seed=stage.seed,
        seats=game.seats,
        steps=tuple(stage.steps),
        outcomes=tuple(sorted(outcomes)),
        success=game.goal in outcomes,
        beliefs=stage.beliefs,
        contracts=tuple(stage.contracts),
        division=ending.division,
        # An arbiter divides by credit, so it can do nothing where none was measured.
        arbitrated=arbitrated and ending.divisor is not None,
        raw=stage.raw(),
        payoffs=settlement.payoffs,
        transfers=settlement.transfers,
        breaches=settlement.breaches,
        ledger_residual=settlement.residual,
        rounds=stage.rounds,
        silent_rounds=stage.silent_rounds,
        forfeits=stage.forfeits,
        decisions=stage.decisions,
        chance=stage.dice.drew_chance or game.drew_chance,
        credit=ending.credit,
        columns=dict(columns),
        contributions=game.contributions(),
        aftermath=game.aftermath(),
        myerson=myerson,
    )


async def share(
    stage: Stage, credit: Credit | None, potential: Credit | None
) -> tuple[Contract | None, int]:
    """Let the seats divide the pot if the protocol has them negotiate it.

    Args:
        stage: the play, at its end.
        credit: credit as played, which seats are shown.
        potential: what the rules make seats worth, which they are shown beside it.

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
        potential=potential,
        holdings=holdings,
    )


async def ask_payers(
    stage: Stage, division: Contract | None, credit: Credit | None
) -> None:
    """Ask every seat that owes what nobody enforces whether it pays, all at once.

    Args:
        stage: the play, at its end. It keeps who pays.
        division: what seats signed after play.
        credit: by which a rule divides.
    """
    if not settlement_mode(stage.config.protocol.settlement).asks:
        return
    owed: dict[Seat, list[Clause]] = {}
    for breach in stage.settle(division, credit).breaches:
        # A seat that was absent has nobody to answer for it.
        if breach.broken == "payment" and breach.seat in stage.agents:
            owed.setdefault(breach.seat, []).append(breach.clause)

    async def answer(seat: Seat) -> Answer[bool]:
        agent = stage.agents[seat]
        if not isinstance(agent, Payer):
            return Answer(False, "")
        view = replace(stage.view(seat), owed=tuple(owed[seat]))
        return await ask_payment(agent, view)

    answers = await run_together_in_order(*(answer(seat) for seat in owed))
    willing = set()
    for (seat, clauses), said in zip(owed.items(), answers, strict=True):
        stage.decisions += 1
        if said.value is None:
            stage.forfeits[seat] += 1
            stage.note("forfeit", seat, moment="honour", reason=said.reason)
        if said.value:
            willing.add(seat)
        data = [clause.model_dump(mode="json") for clause in clauses]
        pays = bool(said.value)
        stage.recorder.emit("honour", phase="split", seat=seat, owed=data, pays=pays)
    stage.payers = stage.payers._replace(willing=frozenset(willing))


def _return_deposits(stage: Stage, settled: Settlement) -> None:
    """Write down which deposits seats are given back."""
    left = dict(stage.deposits)
    for transfer in settled.transfers:
        if transfer.reason == "deposit":
            left[transfer.payer] -= reward(transfer.micro)
    returned = {seat: amount for seat, amount in left.items() if amount > TOLERANCE}
    if returned:
        stage.recorder.emit("deposit", phase="split", returned=returned)


def _emit_settlement(
    recorder: Recorder, settled: Settlement, credit: Credit | None
) -> None:
    data: dict[str, Any] = {}
    if credit is not None:
        # Replays are compared with events of older versions, which do not hold these fields.
        new = {
            *("draws", "freedom", "shared_error"),
            *("coalition_plays", "stopped_by", "null_seats"),
        }
        data = credit.model_dump(mode="json", exclude=new)
    recorder.emit("credit", phase="settle", **data)
    for transfer in settled.transfers:
        recorder.emit("transfer", phase="settle", **transfer.model_dump(mode="json"))
