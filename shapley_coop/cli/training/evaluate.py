"""The command `evaluate`: how agents play where they did not learn, and who could exploit them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.studies.options import (
    StudyChoices,
    design_options,
    study_options,
)
from shapley_coop.cli.studies.playing import play_or_foresee, show_outcome
from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from shapley_coop.rl.training.reinforcement.best_response import BestResponse

FOLDER = "evaluations"
"""What the study is called, and its folder."""


@click.command()
@click.argument("entrants", nargs=-1, required=True, metavar="AGENT...")
@click.option(
    "--game",
    "games",
    multiple=True,
    metavar="GAME",
    help="Where it plays, such as stag-hunt or escape-room-n,seats=4,levers=1; may be given "
    "again [default: what the first policy was trained on].",
)
@click.option(
    "--against",
    "opponents",
    multiple=True,
    metavar="AGENT",
    help="Who sits at the other seats; may be given again [default: itself].",
)
@click.option("--protocol", help="solo, neg, talk, short-term or shapley-coop.")
@click.option(
    "--best-response",
    "training",
    type=click.IntRange(min=1),
    metavar="EPISODES",
    help="Train a best response of each seat against each recurrent policy for so many episodes.",
)
@design_options("agent at each game against each other", episodes=20, seed=None)
@study_options
def evaluate(
    entrants: tuple[str, ...],
    games: tuple[str, ...],
    opponents: tuple[str, ...],
    *,
    protocol: str | None,
    episodes: int,
    seed: int | None,
    training: int | None,
    overrides: tuple[str, ...],
    **options: Any,
) -> None:
    """Try AGENTs, such as policy:RUN or a model, at games and against agents they never met.

    All meet the same seeds. The same command continues an evaluation that was cut.
    """
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.rl.training.evaluation import HELD_OUT, ITSELF
    from shapley_coop.studies.trial_tables import response_table, trial_tables
    from shapley_coop.studies.trials import TrialPlan, trial_cells, trial_rows

    load_env()
    choices = StudyChoices.take(options)
    # Before anything is played, since a response is trained after all of it.
    rivals = {} if training is None else _recurrent_folders(entrants)
    tables: dict[str, Any] = {}
    if not games:
        game, tables = _learned_game(entrants)
        games = (game,)
    if protocol is not None:
        tables["protocol"] = protocol
    first = HELD_OUT if seed is None else seed
    plan = TrialPlan(entrants, games, opponents or (ITSELF,), episodes, first)
    cells = trial_cells(plan, tables, overrides)
    result = play_or_foresee(FOLDER, FOLDER, cells, choices)
    if result is None:
        return
    quiet = choices.quiet or choices.as_json
    responses: dict[str, list[BestResponse]] = {}
    found = trial_tables(result)
    if training is not None:
        responses = _respond(rivals, training, first, quiet=quiet)
        found.append(response_table(responses, training))
    figures = {
        **result.ending(),
        "rows": [row.as_json() for row in trial_rows(result)],
        "best_responses": {
            agent: [response.as_json() for response in of_seats]
            for agent, of_seats in responses.items()
        },
    }
    show_outcome(result, figures, found, as_json=choices.as_json)


def _learned_game(entrants: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """Return what the first policy was trained on, and the tables that it was trained under."""
    from shapley_coop.llm.backends.policy import card_of, folder_of, games_of

    for name in entrants:
        folder = folder_of(name)
        card = card_of(folder) if folder is not None else {}
        # A policy that learned several games has no home of its own.
        if len(games_of(card)) == 1:
            known = {"protocol": card["protocol"]} if "protocol" in card else {}
            return games_of(card)[0], known
    raise ConfigError(
        "no agent here tells of one game that it was trained on; name one by --game",
        field="game.id",
    )


def _recurrent_folders(entrants: tuple[str, ...]) -> dict[str, Path]:
    """Return the folders of agents by name, all of them policies to train best responses against.

    Raises:
        ConfigError: an agent is no recurrent policy.
        InputError: a policy cannot be read.
    """
    from shapley_coop.llm.backends.policy import card_of, folder_of
    from shapley_coop.rl.policies.recurrent.folder import RECURRENT, TrainedPolicy

    folders = {}
    for name in entrants:
        folder = folder_of(name)
        if folder is None or card_of(folder).get("kind") != RECURRENT:
            raise ConfigError(
                f"--best-response trains against recurrent policies, and {name!r} is none; leave "
                "it out. --against breaker and the exploitability of `tournament` measure others"
            )
        # A policy that cannot be loaded is told now.
        folders[name] = TrainedPolicy(folder).folder
    return folders


def _respond(
    rivals: dict[str, Path], training: int, seed: int, *, quiet: bool
) -> dict[str, list[BestResponse]]:
    """Return the best responses against every policy, in the order of seats."""
    from shapley_coop.rl.training.reinforcement.best_response import best_responses

    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    return {
        name: best_responses(folder, training=training, seed=seed, tell=tell)
        for name, folder in rivals.items()
    }
