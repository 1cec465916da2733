"""Reinforcement of language policies: recorded answers are weighed, a tiny model learns them."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from shapley_coop.config.resolve import resolve
from shapley_coop.errors import ConfigError, RunFolderError
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.backends.policy import ADAPTER_FILE, PolicyBackend, card_of
from shapley_coop.llm.backends.scripted import ScriptedBackend
from shapley_coop.rl.policies.adapter_file import read_gguf_adapter, write_gguf_adapter
from shapley_coop.rl.policies.low_rank import adapter_tensors
from shapley_coop.rl.training.dialogue import course
from shapley_coop.rl.training.dialogue.answers import (
    WeighedAnswer,
)
from shapley_coop.rl.training.dialogue.course import DialogueOrder, reinforce_language
from shapley_coop.rl.training.dialogue.grpo import GrpoLearner, GrpoSchedule
from shapley_coop.rl.training.imitation.plays import row_tokens
from shapley_coop.rl.training.supervised import answer_logprobs
from shapley_coop.rl.training.token_rows import TokenRows, make_batch
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import run
from tests.rl.training.scalars import scalars
from tests.rl.training.small import Letters, stand_in
from tests.rl.training.tiny import fail_once, tiny_student

PROMPT = (Message(role="user", content="what do you do?"),)
SCHEDULE = GrpoSchedule(passes=6, rate=3e-3)


def silent(text):
    """Take what a course tells, and show nothing of it."""


def logprob(student, answer):
    rows = TokenRows.of([row_tokens(answer.messages, answer.text, Letters())])
    with torch.no_grad():
        found = answer_logprobs(
            student.model, make_batch(rows, [0]), torch.device("cpu")
        )
    return float(found.sum())


def learner(student, schedule=SCHEDULE, tell=silent):
    reference = adapter_tensors(student.adapters)
    return GrpoLearner(
        student.model, student.adapters, reference, Letters(), schedule, tell
    )


def test_praised_answers_become_likelier_and_blamed_ones_less_likely():
    student = tiny_student()
    good = WeighedAnswer(PROMPT, "accept", 0.5, 0.0)
    bad = WeighedAnswer(PROMPT, "reject!", 0.0, -0.5)
    before = logprob(student, good), logprob(student, bad)
    found = learner(student).learn([good, bad])
    assert logprob(student, good) > before[0]
    assert logprob(student, bad) < before[1]
    assert found.distance > 0
    assert found.answers == 2


def test_the_distance_from_the_reference_holds_the_policy_back():
    far = {}
    for weight in (0.0, 1.0):
        student = tiny_student()
        answer = WeighedAnswer(PROMPT, "accept", 0.5, 0.0)
        schedule = GrpoSchedule(passes=20, rate=1e-3, kl=weight)
        far[weight] = learner(student, schedule).learn([answer]).distance
    assert 0 < far[1.0] < 0.8 * far[0.0]


def test_how_many_rows_are_in_memory_changes_nothing():
    answers = [
        WeighedAnswer(PROMPT, text, 0.3, -0.1) for text in ("a", "bcd", "ef", "g")
    ]
    ends = []
    # Batches of unlike lengths show whether each token counts alike.
    for rows in (1, 3, 4):
        student = tiny_student()
        learner(student, replace(SCHEDULE, rows=rows)).learn(answers)
        ends.append(adapter_tensors(student.adapters))
    for name, tensor in ends[0].items():
        for other in ends[1:]:
            torch.testing.assert_close(tensor, other[name], atol=1e-5, rtol=1e-4)


def test_answers_that_do_not_fit_into_memory_are_learned_in_smaller_parts():
    answers = [
        WeighedAnswer(PROMPT, text, 0.3, -0.1) for text in ("a", "bcd", "ef", "g")
    ]
    ends, told = [], []
    for is_short in (False, True):
        student = tiny_student()
        learning = learner(student, SCHEDULE, told.append)
        if is_short:
            fail_once(student.model)
        learning.learn(answers)
        ends.append(adapter_tensors(student.adapters))
    cut = "out of memory; each step is now cut into 2 parts"
    assert told.count(cut) == 1
    assert told[-1].startswith("pass 6 of 6: gain")
    again = learner(tiny_student())
    again.restore(learning.memory())
    # What did not fit is not tried again after a resume.
    assert again.split == learning.split == 2
    for name, tensor in ends[0].items():
        torch.testing.assert_close(tensor, ends[1][name], atol=1e-4, rtol=1e-3)


def test_an_adapter_is_read_as_it_was_written(tmp_path):
    pytest.importorskip("gguf")
    student = tiny_student()
    generator = torch.Generator().manual_seed(3)
    for adapted in student.adapters.values():
        with torch.no_grad():
            adapted.b.copy_(torch.rand(adapted.b.shape, generator=generator))
    written = adapter_tensors(student.adapters)
    arrays = {name: tensor.numpy() for name, tensor in written.items()}
    path = tmp_path / "adapter.gguf"
    write_gguf_adapter(path, arrays, alpha=8.0, heads=4, key_heads=2, name="x")
    again = read_gguf_adapter(path, heads=4, key_heads=2)
    assert set(again) == set(arrays)
    for name, values in arrays.items():
        np.testing.assert_allclose(again[name], values, atol=1e-3)


def test_a_course_asks_for_the_game_of_its_runs(tmp_path, monkeypatch, recorded):
    stand_in(monkeypatch, tmp_path)
    order = DialogueOrder(game={"id": "chicken"}, runs=(str(recorded),), device="cpu")
    with pytest.raises(RunFolderError, match="'chicken'"):
        reinforce_language(order, tmp_path / "policies", silent)
    assert not (tmp_path / "policies").exists()


def test_a_course_on_stored_runs_leaves_a_policy(tmp_path, monkeypatch, recorded):
    pytest.importorskip("gguf")
    stand_in(monkeypatch, tmp_path)
    order = DialogueOrder(start="smollm2", runs=(str(recorded),), device="cpu")
    folder = reinforce_language(order, tmp_path / "policies", silent)
    assert (folder / ADAPTER_FILE).is_file()
    card = card_of(folder)
    assert card["base"] == "smollm2"
    assert card["curve"][0]["answers"] > 6
    # The runs tell what was learned, whatever else a protocol might have been.
    assert card["games"] == ["escape-room"]
    assert card["protocol"]["name"] == "talk"
    # A policy learns on from a policy, by any name that seats it.
    monkeypatch.setenv("HOME", str(folder.parent))
    start = f"policy:~/{folder.name}"
    order = replace(order, start=start, seed=1)
    again = reinforce_language(order, tmp_path / "policies", silent)
    assert card_of(again)["order"]["start"] == start


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"pay": "contracts"}, "individual"),
        ({"credit": "shapley*grpo"}, "needs seat credit"),
        ({"credit": "gpro"}, "no method 'gpro'"),
    ],
)
def test_what_cannot_be_weighed_is_refused_before_anything_is_played(
    tmp_path, monkeypatch, fields, says
):
    stand_in(monkeypatch, tmp_path)
    order = DialogueOrder(start="smollm2", device="cpu", **fields)
    with pytest.raises(ConfigError, match=says):
        reinforce_language(order, tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_answers_is_refused_before_a_folder_is_made(
    tmp_path, monkeypatch
):
    stand_in(monkeypatch, tmp_path)
    raw = {"game": {"id": "escape-room"}, "agent": "selfish"}
    played = asyncio.run(run(resolve(raw), tmp_path / "runs")).path
    order = DialogueOrder(start="smollm2", device="cpu", runs=(str(played),))
    with pytest.raises(RunFolderError, match="no answer of a language model"):
        reinforce_language(order, tmp_path / "policies", silent)
    assert not (tmp_path / "policies").exists()


def test_answers_that_nothing_tells_apart_are_told(tmp_path, monkeypatch, recorded):
    pytest.importorskip("gguf")
    stand_in(monkeypatch, tmp_path)
    equal = WeighedAnswer(PROMPT, "accept", 0.0, 0.0)
    better = WeighedAnswer(PROMPT, "reject", 0.5, 0.0)
    monkeypatch.setattr(course, "_play", lambda *arguments: recorded)
    for seed, answers in enumerate(([equal], [equal, better])):
        monkeypatch.setattr(course, "weigh", lambda *arguments, a=answers: a)
        told = []
        order = DialogueOrder(start="smollm2", device="cpu", seed=seed)
        reinforce_language(order, tmp_path, told.append)
        assert any("teaches nothing" in text for text in told) == (seed == 0)


def test_each_round_is_played_by_the_policy_as_it_stands_then(tmp_path, monkeypatch):
    pytest.importorskip("gguf")
    stand_in(monkeypatch, tmp_path)
    model = ScriptedBackend()

    async def answer(policy, request):
        return await model.answer(request)

    # The rounds are played as ever, but by drawn answers in place of a model's.
    monkeypatch.setattr(PolicyBackend, "answer", answer)
    order = DialogueOrder(
        start="smollm2",
        game={"id": "escape-room"},
        protocol={"name": "talk"},
        rounds=2,
        episodes=3,
        device="cpu",
    )
    folder = reinforce_language(order, tmp_path, silent)
    played = [RunFolder.open(path.parent) for path in tmp_path.glob("*/run.json")]
    agents = {run.config.agent: run for run in played}
    rounds = [folder / "round-0", folder / "round-1"]
    assert set(agents) == {f"policy:{path}" for path in rounds}
    assert len({run.config.run.seed for run in played}) == 2
    assert all(len(list(run.episodes())) == 3 for run in played)
    adapters = [
        read_gguf_adapter(path / ADAPTER_FILE, heads=4, key_heads=2)
        for path in (*rounds, folder)
    ]
    for before, after in pairwise(adapters):
        assert any((before[name] != values).any() for name, values in after.items())


def test_a_course_that_was_cut_goes_on_after_its_last_round(
    tmp_path, monkeypatch, recorded
):
    pytest.importorskip("gguf")
    stand_in(monkeypatch, tmp_path)
    monkeypatch.setattr(course, "_play", lambda *arguments: recorded)
    order = DialogueOrder(start="smollm2", rounds=3, device="cpu")
    whole = reinforce_language(order, tmp_path / "whole", silent)
    keep = course._keep

    def cut(folder, learner, figures):
        keep(folder, learner, figures)
        if len(figures) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(course, "_keep", cut)
        with pytest.raises(KeyboardInterrupt):
            reinforce_language(order, tmp_path / "cut", silent)
    told = []
    again = reinforce_language(order, tmp_path / "cut", told.append)
    assert "after round 2" in told[0]
    assert card_of(whole)["curve"] == card_of(again)["curve"]
    assert [step for step, _ in scalars(again)["answers"]] == [1, 2, 3]
    first, second = (
        read_gguf_adapter(folder / ADAPTER_FILE, heads=4, key_heads=2)
        for folder in (whole, again)
    )
    for name, values in first.items():
        np.testing.assert_array_equal(values, second[name])
