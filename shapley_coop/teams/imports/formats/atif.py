"""The Agent Trajectory Interchange Format (ATIF), as Harbor and others write it.

A document is a trajectory of steps with a source. Trajectories of agents that it called stand
within it. In documents of this project the outer one is the engine, and those within are seats.

Source: the package `atif`, whose models are those of version 1.8 of the format.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shapley_coop.teams.imports.bounds import refuse
from shapley_coop.teams.imports.observed.run import ObservedRun
from shapley_coop.teams.imports.observed.runs import collect_runs
from shapley_coop.teams.imports.observed.usage import TokenUse, is_stated, with_totals
from shapley_coop.teams.imports.observed.values import (
    begins_with,
    join_parts,
    mapping,
    members,
    name_of,
    text,
    values,
)
from shapley_coop.teams.imports.port import Fact, Part
from shapley_coop.teams.imports.source import Source

SUFFIXES = (".json", ".jsonl")


class Atif:
    """Trajectories in ATIF."""

    name = "atif"
    reads = "trajectories in ATIF: a .json file each, or one a line in a .jsonl file"

    def sniff(self, source: Source) -> bool:
        """Return whether some file begins like a trajectory."""
        return begins_with(source, SUFFIXES, '"ATIF-v')

    def read(self, source: Source) -> Sequence[Part]:
        """Return what the trajectories tell.

        Raises:
            InputError: there is none, or it cannot be read within bounds.
        """
        runs: list[ObservedRun] = []
        facts: set[Fact] = set()
        for path in source.files(*SUFFIXES):
            for place, value in values(source, path):
                document = mapping(value)
                if text(document.get("schema_version")).startswith("ATIF-v"):
                    runs.append(_run(document, place))
                    facts |= _facts(document)
                elif source.is_folder:
                    # Beside trajectories, such a folder holds configurations and results.
                    source.skip(path, "no trajectory in ATIF")
                else:
                    raise refuse(f"{place} has no schema_version of ATIF")
        return [collect_runs(runs, source.place(source.path), facts=frozenset(facts))]


def _run(document: Mapping[str, Any], place: str) -> ObservedRun:
    name = text(document.get("trajectory_id")) or text(document.get("session_id"))
    run = ObservedRun(name_of(name, place) if name else place)
    for seat, trajectory in _trajectories(document, run.name):
        _add_steps(run, seat, trajectory)
    episode = mapping(mapping(document.get("extra")).get("episode"))
    run.add_contracts(members(episode.get("contracts")))
    return run


def _trajectories(
    document: Mapping[str, Any], run: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each trajectory with its seat, outer ones first. Parsed JSON has a bounded depth."""
    taken: Counter[str] = Counter()
    waiting = [document]
    while waiting:
        trajectory = waiting.pop(0)
        agent = mapping(trajectory.get("agent"))
        extra = mapping(trajectory.get("extra"))
        stated = text(extra.get("seat")) or text(agent.get("name"))
        taken[stated] += 1
        # Several agents of one program are told apart by the order in which they were called.
        place = f" {taken[stated]}" if taken[stated] > 1 else ""
        yield name_of(stated + place, run), trajectory
        inner = members(trajectory.get("subagent_trajectories"))
        waiting += [mapping(one) for one in inner]


def _add_steps(run: ObservedRun, seat: str, trajectory: Mapping[str, Any]) -> None:
    model = text(mapping(trajectory.get("agent")).get("model_name"))
    usages = []
    for one in members(trajectory.get("steps")):
        step = mapping(one)
        # What others said is told by their own steps, and what was copied by the first of them.
        if step.get("source") != "agent" or step.get("is_copied_context") is True:
            continue
        run.add_message(seat, join_parts(step.get("message")))
        run.add_calls(seat, step.get("tool_calls"), "function_name")
        own_model = text(step.get("model_name")) or model
        usage = _usage(step.get("metrics"), "", own_model)
        if is_stated(usage):
            usages.append(usage)
    extra = mapping(trajectory.get("extra"))
    run.add_payoff(seat, extra.get("payoff"))
    # The engine of this project has the sums of all seats, which would count twice.
    if "episode" not in extra:
        totals = _usage(trajectory.get("final_metrics"), "total_", model)
        usages = with_totals(usages, totals)
    run.add_usages(seat, usages)


def _usage(value: Any, prefix: str, model: str) -> TokenUse:
    metrics = mapping(value)
    return TokenUse.of(
        metrics.get(f"{prefix}prompt_tokens"),
        metrics.get(f"{prefix}completion_tokens"),
        metrics.get(f"{prefix}cost_usd"),
        model,
    )


def _facts(document: Mapping[str, Any]) -> set[Fact]:
    """Return what a document of this project states: its game by name, and what seats believe."""
    extra = mapping(document.get("extra"))
    facts: set[Fact] = set()
    if mapping(extra.get("config")).get("game"):
        facts.add("rules")
    if mapping(mapping(extra.get("episode")).get("beliefs")):
        facts.add("beliefs")
    return facts
