"""One episode: price the task, play it, measure the credit, divide the pot, settle."""

from __future__ import annotations

import math
from collections.abc import Mapping
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from shapley_coop.config.sections import Config, WorthSettings
from shapley_coop.config.seeds import generator
from shapley_coop.credit.beliefs import shapley_of
from shapley_coop.credit.measure import Method, measure
from shapley_coop.credit.worth.forecast import open_forecaster
from shapley_coop.credit.worth.linked import communicating
from shapley_coop.credit.worth.oracle import oracle
from shapley_coop.credit.worth.replay import replay
from shapley_coop.credit.worth.rollout import rollout
from shapley_coop.credit.worth.shapes import Policy, Worth, absence
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import CountWorth, Game
from shapley_coop.negotiation.bargain import Recorder
from shapley_coop.negotiation.checks import checked, worth_of
from shapley_coop.negotiation.ledger import Settled
from shapley_coop.records import (
    Absence,
    Coalition,
    Contract,
    Credit,
    Episode,
    Seat,
    SeatCredit,
)
from shapley_coop.simulation.stage import Cast, Silence, Stage, pot


async def play(
    game: Game,
    company: Cast,
    config: Config,
    *,
    index: int,
    recorder: Recorder,
    baseline: Policy | None = None,
) -> Episode:
    """Play one episode from the opening to the settled ledger.

    Raises:
        GameError: the game broke.
        ModelError: a model could not be asked.
        ConfigError: credit cannot be measured as configured.
    """
    began = perf_counter()
    stage = Stage(game, company, config, index, recorder)
    await stage.negotiate_and_act()
    measured = await assign(stage, company, baseline)
    credit = measured.credits.get("shapley")
    division, split_rounds = await share(stage, credit)
    divisor = measured.credits.get("banzhaf", credit)
    settled = stage.settle(division, divisor)
    _tell(recorder, settled, credit)
    calls, tokens = company.spent(index)
    outcomes = game.outcomes()
    episode = Episode(
        index=index,
        seed=stage.seed,
        seats=game.seats,
        steps=tuple(stage.steps),
        outcomes=tuple(sorted(outcomes)),
        success=game.goal in outcomes,
        beliefs=stage.beliefs,
        contracts=tuple(stage.contracts),
        division=division,
        arbitrated=stage.arbitrated(division) and divisor is not None,
        raw=stage.raw(),
        payoffs=settled.payoffs,
        transfers=settled.transfers,
        breaches=settled.breaches,
        ledger_residual=settled.residual,
        rounds=stage.rounds,
        split_rounds=split_rounds,
        forfeits=stage.forfeits,
        decisions=stage.decisions,
        credit=credit,
        columns=_columns(stage, credit, divisor, division, settled),
        calls=calls,
        tokens=tokens,
        contributions=game.contributions(),
        myerson=measured.myerson,
    )
    checks = checked(game, episode, measured.worth, config.protocol)
    return episode.model_copy(
        update={"checks": checks, "seconds": perf_counter() - began}
    )


class Measured(NamedTuple):
    """Credit by method, and the worth it was measured on where every coalition was valued."""

    credits: Mapping[Method, Credit]
    worth: Worth | None
    myerson: Credit | None = None
    """Where the game has links: credit if only linked seats work together (Myerson, 1977)."""


def check_worth(game: Game, config: Config) -> None:
    """Raise ConfigError now if credit cannot be measured as configured, before anything is paid."""
    rules = config.worth
    if rules.kind == "oracle":
        oracle(game)
    elif rules.kind == "forecast":
        open_forecaster(game, rules)
    elif rules.kind != "belief":
        absence(game, rules.absence)
    seats = len(game.seats)
    if rules.kind == "rollout" and seats > rules.exact_seats:
        raise ConfigError(
            f"rollout of all coalitions of {seats} seats is 2^{seats} live games an episode; "
            f"worth.exact_seats allows {rules.exact_seats}. Use worth.kind=replay or oracle"
        )
    if rules.kind == "forecast" and config.protocol.split == "banzhaf":
        raise ConfigError(
            "worth.kind=forecast knows Shapley values alone; divide by 'shapley', or measure "
            "Banzhaf values with worth.kind=replay or oracle"
        )
    if rules.kind == "belief" and not (
        config.protocol.short_term or config.protocol.long_term
    ):
        raise ConfigError(
            f"worth.kind=belief needs seats that state beliefs; protocol "
            f"{config.protocol.name!r} has neither short_term nor long_term on"
        )


async def assign(stage: Stage, company: Cast, baseline: Policy | None) -> Measured:
    """Measure credit by the configured worth; Banzhaf too where the protocol divides by it."""
    rules = stage.config.worth
    if rules.kind in ("belief", "forecast"):
        credit = believed(stage) if rules.kind == "belief" else stage.forecast()
        if credit is None:
            return Measured({}, None)
        listed = credit.coalitions is not None
        return Measured(
            {"shapley": credit}, worth_of(credit, stage.game.seats) if listed else None
        )
    before, _ = company.spent(stage.index)
    worth = await _worth(stage, company, rules, baseline)
    after, _ = company.spent(stage.index)
    rule = None if rules.kind == "oracle" else absence(stage.game, rules.absence)
    methods: list[Method] = ["shapley"]
    if stage.config.protocol.split == "banzhaf":
        methods.append("banzhaf")
    credits_ = {
        method: measure(
            worth,
            stage.game.seats,
            rules,
            kind=rules.kind,
            absence=rule,
            method=method,
            calls=after - before,
            rng=generator(stage.config.run.seed, stage.index, "credit"),
        )
        for method in methods
    }
    whole = isinstance(worth, CountWorth) or credits_["shapley"].method == "shapley"
    if not whole:
        return Measured(credits_, None)
    return Measured(credits_, worth, _myerson(stage, worth, rule))


def _myerson(stage: Stage, worth: Worth, rule: Absence | None) -> Credit | None:
    """Return Myerson values of a worth of which every coalition is valued already."""
    links = stage.game.communication
    if links is None:
        return None
    rules, seats = stage.config.worth, stage.game.seats
    cut = communicating(worth, seats, links)
    rng = generator(stage.config.run.seed, stage.index, "myerson")
    return measure(cut, seats, rules, kind=rules.kind, absence=rule, rng=rng)


async def _worth(
    stage: Stage, company: Cast, rules: WorthSettings, baseline: Policy | None
) -> Worth:
    game = stage.game
    if rules.kind == "oracle":
        return oracle(game.fresh())
    rule = absence(game, rules.absence)
    if rules.kind == "replay":
        return replay(game, stage.seed, stage.steps, rule=rule, policy=baseline)

    async def play_live(coalition: Coalition) -> float:
        there = game.fresh()
        if rule == "removed":
            if not coalition:
                return 0.0
            fewer = game.restrict([seat for seat in game.seats if seat in coalition])
            if fewer is None:
                raise ConfigError(
                    f"{game.name} lists 'removed' but cannot remove seats"
                )
            there = fewer
        live = Stage(
            there, company, stage.config, stage.index, Silence(), present=coalition
        )
        await live.negotiate_and_act()
        return pot(live.raw().values())

    return await rollout(game.seats, play_live, rules.exact_seats)


def believed(stage: Stage) -> Credit | None:
    """Return the mean of the Shapley values that follow from each seat's own stated beliefs.

    The standard error is that of the mean over the seats that stated beliefs; it shows how far
    they disagree.
    """
    stated = [
        shapley_of(beliefs, stage.game.seats) for beliefs in stage.beliefs.values()
    ]
    if not stated:
        return None
    phi = np.array([[one[seat] for seat in stage.game.seats] for one in stated])
    spread = (
        phi.std(axis=0, ddof=1) / math.sqrt(len(stated))
        if len(stated) > 1
        else phi[0] * 0
    )
    values = {
        name: float(
            np.mean([beliefs.values[name] for beliefs in stage.beliefs.values()])
        )
        for name in next(iter(stage.beliefs.values())).values
    }
    return Credit(
        values=dict(zip(stage.game.seats, phi.mean(axis=0).tolist(), strict=True)),
        stderr=dict(zip(stage.game.seats, spread.tolist(), strict=True)),
        method="shapley",
        worth="belief",
        absence=None,
        empty=values["nobody"],
        grand=values["everyone"],
        evaluations=len(values) * len(stated),
        coalitions=values,
    )


async def share(stage: Stage, credit: Credit | None) -> tuple[Contract | None, int]:
    """Let the seats divide the pot where the protocol has them negotiate it."""
    protocol = stage.config.protocol
    if protocol.split != "negotiated" or protocol.split_table is None:
        return None, 0
    held = stage.settle(None, None).payoffs
    return await stage.bargain(
        "split",
        protocol.split_table,
        think=protocol.long_term,
        credit=credit,
        held=held,
    )


def _columns(
    stage: Stage,
    credit: Credit | None,
    divisor: Credit | None,
    division: Contract | None,
    settled: Settled,
) -> dict[Seat, SeatCredit]:
    """Set what each seat claimed, what was agreed and what was measured side by side."""
    dealt = bool(stage.contracts) or division is not None
    agreed = stage.settle(division, divisor, as_agreed=True).payoffs if dealt else {}
    claimed = {
        seat: shapley_of(beliefs, stage.game.seats)[seat]
        for seat, beliefs in stage.beliefs.items()
    }
    columns = {}
    for seat in stage.game.seats:
        secure = stage.outside[seat]
        columns[seat] = SeatCredit(
            claimed=claimed.get(seat),
            agreed=agreed.get(seat),
            measured=credit.values.get(seat) if credit else None,
            stderr=credit.stderr.get(seat, 0.0) if credit else 0.0,
            final=settled.payoffs[seat],
            outside=secure.value if secure else None,
        )
    return columns


def _tell(recorder: Recorder, settled: Settled, credit: Credit | None) -> None:
    data: dict[str, Any] = {} if credit is None else credit.model_dump(mode="json")
    recorder.emit("credit", phase="settle", **data)
    for transfer in settled.transfers:
        recorder.emit("transfer", phase="settle", **transfer.model_dump(mode="json"))
