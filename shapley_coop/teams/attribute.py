"""Attributing a team's score to its members: coalitions are planned, run, logged and valued."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shapley_coop.errors import ConfigError, TeamError, cause_text
from shapley_coop.shapley import Estimate, Options, Run, Session, evaluate
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.evaluation.journal import (
    JournalEnd,
    JournalEntry,
    read_end,
    read_journal,
    write_end,
)
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.simulation.threads import run_in_thread
from shapley_coop.teams.attribution import Attribution, CoalitionScore
from shapley_coop.teams.coalition_scores import coalition_scores
from shapley_coop.teams.game import TeamGame
from shapley_coop.teams.gate import DemandGate
from shapley_coop.teams.plan import AttributionPlan
from shapley_coop.teams.roster import member_names
from shapley_coop.teams.run_errors import careful_rule, with_errors_of_runs
from shapley_coop.teams.team import Team, TeamFunction, team_of

LEAST_RUNS = 2
"""Runs of each coalition of a noisy team at least: one tells nothing of its own chance."""
LEAST_SHARED = 4
"""The same where runs of one number may share their luck, which they alone can tell then."""


async def attribute_team(
    team: Team,
    members: Sequence[str],
    plan: AttributionPlan,
    *,
    gate: DemandGate | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Attribution:
    """Run coalitions of a team and return what each member contributed.

    Args:
        team: runs with some members present.
        members: the names of all members.
        plan: how many runs, how many at once, and when to stop.
        gate: looks at the runs, and stops them once it has judged all demands.
        on_progress: called whenever the runs have grown by a quarter.

    Raises:
        ConfigError: the plan cannot be carried out, or the log belongs to other members.
        TeamError: no run came to a score, or the whole team or nobody has none.
    """
    names = member_names(members)
    # Whether each coalition may have noise of its own, which its own runs have to tell.
    is_uneven = plan.noisy and (team.shares_luck or not plan.even_noise)
    gate = gate or DemandGate((), names, plan.budget)
    game = TeamGame(team, names, replays=plan.replay)
    try:
        game.entries += _logged_runs(plan, names)
        stop = plan.stop(gate.rule())
        question = plan.question(stop)
        careful = stop
        if is_uneven:
            careful = careful_rule(stop, game.entries, shares_luck=team.shares_luck)
        options = Options(
            workers=plan.workers,
            noise=plan.noisy,
            least_draws=_least_draws(team) if is_uneven else 1,
            shared_draws=team.shares_luck,
            stop=_known_end(plan, question, gate) or careful,
            most_cost=plan.max_cost,
            log=plan.log,
            names=names,
            retries=plan.retries,
            on_progress=on_progress,
        )
        generator = np.random.default_rng(plan.seed)
        run = await evaluate(
            game, len(names), budget=plan.budget, rng=generator, options=options
        )
    except ExceptionGroup as failures:
        game.refuse_missing(plan.log)
        first = cause_text(failures.exceptions[0])
        raise TeamError(f"no run of the team came to a score: {first}") from failures
    # The engine says what is wrong with a plan before anything is run, and with a game afterwards.
    except ValueError as error:
        game.refuse_missing(plan.log)
        if game.entries:
            raise TeamError(game.fault_of_ends() or str(error)) from error
        raise ConfigError(str(error)) from error
    game.refuse_missing(plan.log)
    if stop is not None:
        _keep_end(plan, question, run, gate)
    estimate = run.estimate
    if is_uneven:
        estimate = with_errors_of_runs(
            estimate, game.entries, shares_luck=team.shares_luck
        )
    spread = None if is_uneven else run.estimate.noise
    coalitions = coalition_scores(names, game.entries, spread)
    return _attribution(names, run, estimate, coalitions, _cost_shares(game, plan))


def _least_draws(team: Team) -> int:
    """Return how often each coalition is run at least where each has noise of its own."""
    return LEAST_SHARED if team.shares_luck else LEAST_RUNS


def _keep_end(plan: AttributionPlan, question: str, run: Run, gate: DemandGate) -> None:
    """Write into the log of a plan that ended by a rule how it ended."""
    # What failed is tried again next time, and time that is up begins anew.
    has_ended = plan.max_seconds is None and not run.failures
    # A log that holds the whole budget tells that by itself.
    if plan.log is not None and has_ended:
        end = JournalEnd(question, run.stopped_by, gate.as_json())
        write_end(Path(plan.log), end)


def _known_end(
    plan: AttributionPlan, question: str, gate: DemandGate
) -> StoppingRule | None:
    """Return the rule to stop at once if the log of a plan tells how this very plan ended.

    The gate is told the verdicts that it reached then.

    Runs that were in flight when a rule was met are in the log too, and with them it need not be
    met any more. So the rule itself cannot be asked again.
    """
    end = None
    if plan.log is not None and Path(plan.log).exists():
        end = read_end(Path(plan.log))
    if end is None or end.question != question:
        return None
    try:
        gate.recall(end.conclusions)
    except (ValueError, TypeError, KeyError):
        # The line is of an earlier version, or somebody changed it: the rule is asked again.
        return None
    return StoppingRule(lambda _progress: True, end.stopped_by)


def _logged_runs(plan: AttributionPlan, names: Sequence[str]) -> list[JournalEntry]:
    """Return the runs that the log of a plan holds already."""
    if plan.log is None or not Path(plan.log).exists():
        return []
    return list(read_journal(Path(plan.log), len(names), names))


def _attribution(
    names: tuple[str, ...],
    run: Run,
    estimate: Estimate,
    coalitions: tuple[CoalitionScore, ...],
    costs: Estimate | None,
) -> Attribution:
    return Attribution(
        members=names,
        estimate=estimate,
        coalitions=coalitions,
        costs=costs,
        runs=run.session.data.total,
        paid_runs=run.evaluations,
        cost=run.cost,
        stopped_by=run.stopped_by,
        failures={
            tuple(names[place] for place in players(mask)): words
            for mask, words in run.failures.items()
        },
    )


def _cost_shares(game: TeamGame, plan: AttributionPlan) -> Estimate | None:
    """Return the Shapley values of what the same runs cost, or None if they cost nothing."""
    n, entries = len(game.names), game.entries
    if not any(entry.cost for entry in entries):
        return None
    # The costs of the same runs are a game of their own, whose values are shares of the cost.
    generator = np.random.default_rng(plan.seed)
    session = Session(n, plan.budget, rng=generator, noise=plan.noisy)
    costs = ((entry.mask, entry.cost) for entry in entries)
    session.seed(costs, (entry.draw for entry in entries))
    return session.estimate()


async def attribute_async(
    team: TeamFunction, *, members: Sequence[str], **plan: Any
) -> Attribution:
    """Return what each member of a team contributed, on the event loop that is running.

    The arguments and errors are those of `attribute`; `plan` holds fields of `AttributionPlan`.
    """
    names = member_names(members)
    return await attribute_team(team_of(team, names), names, AttributionPlan(**plan))


def attribute(  # noqa: PLR0913 - what a study sets most often has a name
    team: TeamFunction,
    *,
    members: Sequence[str],
    budget: int = 64,
    seed: int = 0,
    noisy: bool = True,
    even_noise: bool = False,
    workers: int = 8,
    ranking: float | None = None,
    width: float | None = None,
    max_cost: float | None = None,
    max_seconds: float | None = None,
    log: str | Path | None = None,
) -> Attribution:
    """Return what each member of a team contributed, by running it with some members absent.

    Args:
        team: takes the frozen set of members that are present and returns a score, or (score,
            cost). It may be async, and it decides what absence means: the member is left out, or
            a cheaper one sits in its place. Teams of agent frameworks are made by
            `shapley_coop.teams.adapters`.
        members: the names of all members.
        budget: the most runs.
        seed: the seed of which coalitions are run.
        noisy: whether a second run of the same members can come out otherwise.
        even_noise: whether runs of all coalitions scatter alike. That takes about half as many
            runs, and error bars are true only as far as it is so.
        workers: runs at once.
        ranking: stop once the ranking is settled at this chance, such as 0.95.
        width: stop once every 95 % interval is at most +- this wide.
        max_cost: start no run that could bring their cost beyond this, in the team's unit, if it
            costs as much as the dearest one so far.
        max_seconds: stop after this time.
        log: a file of runs to go on from and to append to, so that nothing is paid for twice.

    Raises:
        ConfigError: an argument cannot be used.
        TeamError: no run came to a score, or the whole team or nobody has none.
    """
    names = member_names(members)
    plan = AttributionPlan(
        budget=budget,
        seed=seed,
        noisy=noisy,
        even_noise=even_noise,
        workers=workers,
        ranking=ranking,
        width=width,
        max_cost=max_cost,
        max_seconds=max_seconds,
        log=log,
    )
    return run_in_thread(attribute_team(team_of(team, names), names, plan))
