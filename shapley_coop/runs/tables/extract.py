"""From run folders to the lines of tables."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records import Episode, SeatCredit, Spend
from shapley_coop.runs.statistics import readings
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.tables.lines import (
    CoalitionLine,
    ContractLine,
    EpisodeLine,
    RunLine,
    SeatEntry,
    SpendLine,
    StepLine,
    TableLine,
    TransferLine,
)

# The columns of a seat that its credit record holds under the same name.
_MEASURED = set(SeatEntry.model_fields) & set(SeatCredit.model_fields)


def table_lines(folder: RunFolder) -> Iterator[tuple[str, TableLine]]:
    """Yield every line that a run has in some table, with the name of the table.

    Raises:
        RunFolderError: the folder is corrupt.
    """
    recorded = 0
    for episode in folder.episodes():
        recorded += 1
        yield from episode_lines(folder, episode)
    yield "runs", _run(folder, recorded)


def episode_lines(
    folder: RunFolder, episode: Episode
) -> Iterator[tuple[str, TableLine]]:
    """Yield the lines of one episode of a run."""
    at: dict[str, Any] = {"run": folder.path.name, "episode": episode.index}
    yield "episodes", _episode(episode, at)
    agents = folder.config.agents_of(episode.seats)
    groups: Mapping[str, Iterable[TableLine]] = {
        "seats": _seats(episode, agents, at),
        "steps": _steps(episode, at),
        "transfers": _transfers(episode, at),
        "contracts": _contracts(episode, at),
        "spend": _spend(episode, at),
        "coalitions": _coalitions(episode, at),
    }
    for name, lines in groups.items():
        for line in lines:
            yield name, line


def _run(folder: RunFolder, recorded: int) -> RunLine:
    config, manifest = folder.config, folder.manifest
    return RunLine(
        run=folder.path.name,
        schema_version=manifest.schema_version,
        status=manifest.status,
        error=manifest.error,
        game=config.game_id,
        protocol=config.protocol.name,
        agent=config.agent,
        seats=json.dumps(config.seats),
        model=config.model.name,
        worth=config.worth.kind,
        absence=config.worth.absence,
        seed=config.run.seed,
        episodes=config.run.episodes,
        recorded=recorded,
        started=manifest.started,
        ended=manifest.ended,
        seconds=manifest.seconds,
        version=manifest.versions.get("shapley-coop"),
        config=config.model_dump_json(),
    )


def _episode(episode: Episode, at: dict[str, Any]) -> EpisodeLine:
    credit = episode.credit
    attainable = episode.attainable
    return EpisodeLine(
        **at,
        seed=episode.seed,
        status=episode.status,
        error=episode.error,
        success=episode.success,
        outcomes=json.dumps(episode.outcomes),
        steps=len(episode.steps),
        welfare=readings.welfare(episode) if episode.status == "done" else None,
        rounds=episode.rounds,
        split_rounds=episode.split_rounds,
        silent_rounds=episode.silent_rounds,
        contracts=len(episode.contracts),
        breaches=len(episode.breaches),
        forfeits=sum(episode.forfeits.values()),
        decisions=episode.decisions,
        arbitrated=episode.arbitrated,
        chance=episode.chance,
        attainable=None if attainable is None else attainable.total,
        worth=None if credit is None else credit.worth,
        method=None if credit is None else credit.method,
        evaluations=None if credit is None else credit.evaluations,
        calls=episode.calls,
        tokens=episode.tokens,
        cost=readings.cost(episode),
        seconds=episode.seconds,
    )


def _seats(
    episode: Episode, agents: dict[str, str], at: dict[str, Any]
) -> Iterator[SeatEntry]:
    broken = Counter(breach.seat for breach in episode.breaches)
    for seat in episode.seats:
        # An episode that was cut short has measured nothing.
        columns: dict[str, Any] = dict.fromkeys(_MEASURED)
        if seat in episode.columns:
            columns = episode.columns[seat].model_dump(include=_MEASURED)
        yield SeatEntry(
            **at,
            seat=seat,
            agent=agents[seat],
            raw=episode.raw.get(seat),
            payoff=episode.payoffs.get(seat),
            breaches=broken[seat],
            forfeits=episode.forfeits.get(seat, 0),
            **columns,
        )


def _steps(episode: Episode, at: dict[str, Any]) -> Iterator[StepLine]:
    for number, step in enumerate(episode.steps):
        for seat, action in step.actions.items():
            yield StepLine(
                **at,
                step=number,
                seat=seat,
                action=action,
                text=step.texts.get(seat),
                reward=step.rewards.get(seat),
            )


def _transfers(episode: Episode, at: dict[str, Any]) -> Iterator[TransferLine]:
    for transfer in episode.transfers:
        # The ledger counts in whole micro-units, so that it sums to zero exactly.
        yield TransferLine(
            **at,
            payer=transfer.payer,
            payee=transfer.payee,
            amount=reward(transfer.micro),
            reason=transfer.reason,
        )


def _spend(episode: Episode, at: dict[str, Any]) -> Iterator[SpendLine]:
    names = set(SpendLine.model_fields) & set(Spend.model_fields)
    for spend in episode.spend:
        yield SpendLine(**at, **spend.model_dump(include=names))


def _contracts(episode: Episode, at: dict[str, Any]) -> Iterator[ContractLine]:
    signed = [("contract", contract) for contract in episode.contracts]
    if episode.division is not None:
        signed.append(("division", episode.division))
    for number, (kind, contract) in enumerate(signed):
        yield ContractLine(
            **at,
            number=number,
            kind=kind,
            step=contract.step,
            signatures=json.dumps(list(contract.signatures)),
            terms=contract.offer.terms.model_dump_json(),
        )


def _coalitions(episode: Episode, at: dict[str, Any]) -> Iterator[CoalitionLine]:
    credit = episode.credit
    if credit is None:
        return
    errors = credit.coalition_stderr or {}
    for coalition, value in (credit.coalitions or {}).items():
        yield CoalitionLine(
            **at, coalition=coalition, value=value, stderr=errors.get(coalition)
        )
