"""What each of several processes does in the test of them: `accelerate launch -m` starts it.

It learns with a tiny model, and leaves what it learned and what it was told in a folder. There is a
run to learn from.
"""

import sys
from pathlib import Path

import pytest
import torch

from shapley_coop.cli.main import main
from shapley_coop.errors import ModelError, StorageError
from shapley_coop.interfaces.model import Message
from shapley_coop.llm import weights
from shapley_coop.rl.policies.low_rank import adapter_tensors
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.dialogue.answers import WeighedAnswer
from shapley_coop.rl.training.dialogue.grpo import GrpoLearner, GrpoSchedule
from shapley_coop.rl.training.processes import ALONE, launched_processes
from shapley_coop.rl.training.supervised import Trainer, TrainingSchedule
from tests.rl.training.small import Letters, stand_in
from tests.rl.training.tiny import fail_once, some_rows, tiny_student

PROMPT = (Message(role="user", content="what do you do?"),)
TEXTS = ("a", "bcd", "ef", "g", "hijkl")
COMMON = ("--passes", "2", "--device", "cpu", "--evaluate", "0", "--json")
IMITATE = ("train", "escape-room", "-n", "2", "--batch", "2000", *COMMON)
REINFORCE = ("train", "escape-room", "--start", "smollm2", *COMMON)
"""It learns from the run that `--from` names."""


def trainer_in(folder, student, processes=ALONE, tell=print):
    return Trainer(
        student.model,
        student.adapters,
        some_rows(),
        TrainingSchedule(passes=3, most_tokens=60, rate=0.02, warm_up=2),
        seed=3,
        folder=folder,
        tell=tell,
        processes=processes,
    )


def imitated(folder, processes=ALONE, tell=print, *, short=False):
    """Return the adapters of a tiny model after a few steps of imitation, and its losses.

    A checkpoint in the folder is taken up.
    """
    student = tiny_student()
    if short:
        fail_once(student.model)
    trainer = trainer_in(folder, student, processes, tell)
    if (folder / STATE_FILE).is_file():
        trainer.resume()
    progress = trainer.train(lambda progress: None)
    return adapter_tensors(student.adapters), progress.losses


def reinforced(count, processes=ALONE):
    """Return the adapters of a tiny model after it learned so many answers, and its figures."""
    student = tiny_student()
    reference = adapter_tensors(student.adapters)
    schedule = GrpoSchedule(passes=6, rate=3e-3, kl=0.5)
    learner = GrpoLearner(
        student.model,
        student.adapters,
        reference,
        Letters(),
        schedule,
        lambda text: None,
        processes,
    )
    answers = [WeighedAnswer(PROMPT, text, 0.3, -0.1) for text in TEXTS[:count]]
    # The second time, what the reference says is looked up with the adapters of the reference.
    figures = [learner.learn(answers), learner.learn(answers)]
    return adapter_tensors(student.adapters), figures


def prepare(monkeypatch, folder):
    """Let the command train the tiny model."""
    stand_in(monkeypatch, folder)
    monkeypatch.setattr(weights, "location", lambda name: folder / "there.gguf")
    (folder / "there.gguf").touch()


def _learn(folder, processes):
    told = []
    short = processes.rank == 1
    return {
        "imitated": imitated(folder / "whole", processes),
        "resumed": imitated(folder / "cut", processes),
        "reinforced": reinforced(len(TEXTS), processes),
        "few": reinforced(1, processes),
        "short": imitated(folder / "short", processes, told.append, short=short),
        "told": told,
        "failures": _failures(processes),
    }


def _failures(processes):
    """Return what this process is told when the first or the second one fails."""

    def refuse():
        raise StorageError("the disk is full", field="runs_dir")

    def stumble():
        if processes.rank == 1:
            raise ZeroDivisionError("by nothing")

    failures = []
    for work in (refuse, lambda: processes.each(stumble)):
        try:
            processes.first(work) if work is refuse else work()
        except (StorageError, ModelError, ZeroDivisionError) as error:
            failures.append(f"{type(error).__name__}: {error}")
    return failures


if __name__ == "__main__":
    torch.set_num_threads(1)
    place, stored = Path(sys.argv[1]), sys.argv[2]
    together = launched_processes(torch.device("cpu"))
    torch.save(_learn(place, together), place / f"process-{together.rank}.pt")
    with pytest.MonkeyPatch.context() as patch:
        prepare(patch, place)
        main([*IMITATE, "--runs-dir", str(place / "runs")])
        main([*REINFORCE, "--from", stored, "--runs-dir", str(place / "runs")])
    # What all processes refuse ends the launcher too.
    main(["train", "escape-room", "--policy", "recurrent", "--device", "cpu"])
