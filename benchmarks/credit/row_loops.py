"""Credit methods as plain loops over rows and tokens, to compare speed and values with.

They are listed by the spec that they compute. Each takes `read`, which says what the loop runs
over: tensors, as the reference implementations do, or Python floats.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.trajectories.batch import Trajectories

Read = Callable[[torch.Tensor], Any]
Loop = Callable[[Trajectories, Evidence, Read], torch.Tensor]


def trajectories(batch: Trajectories) -> Iterator[range]:
    edges = batch.starts.tolist()
    for start, end in itertools.pairwise(edges):
        yield range(start, end)


def token_lists(batch: Trajectories, read: Read) -> tuple[Any, Any, Any]:
    return read(batch.value_K), read(batch.token_reward_K), batch.offsets.tolist()


def spread(row: list[float], batch: Trajectories) -> torch.Tensor:
    out: list[float] = []
    edges = batch.offsets.tolist()
    for r, credit in enumerate(row):
        out.extend([credit] * (edges[r + 1] - edges[r]))
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def gae(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    value, reward, edges = token_lists(batch, read)
    row_reward = read(batch.reward_R)
    out = [0.0] * len(value)
    for rows in trajectories(batch):
        after, running = 0.0, 0.0
        for r in reversed(rows):
            for k in range(edges[r + 1] - 1, edges[r] - 1, -1):
                earned = reward[k] + (row_reward[r] if k == edges[r + 1] - 1 else 0.0)
                running = earned + after - value[k] + running
                out[k], after = running, value[k]
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def discounted_gae(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    value, reward, edges = token_lists(batch, read)
    row_reward = read(batch.reward_R)
    out = [0.0] * len(value)
    for rows in trajectories(batch):
        after, running = 0.0, 0.0
        for r in reversed(rows):
            for k in range(edges[r + 1] - 1, edges[r] - 1, -1):
                earned = reward[k] + (row_reward[r] if k == edges[r + 1] - 1 else 0.0)
                running = earned + 0.99 * after - value[k] + 0.9405 * running
                out[k], after = running, value[k]
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def bi_level_gae(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    value, reward, edges = token_lists(batch, read)
    row_reward = read(batch.reward_R)
    out = [0.0] * len(value)
    for rows in trajectories(batch):
        after, running = 0.0, 0.0
        for r in reversed(rows):
            end = edges[r + 1] - 1
            running = reward[end] + row_reward[r] + after - value[end] + running
            after = value[end]
            inner, later = running, value[end]
            out[end] = running
            for k in range(end - 1, edges[r] - 1, -1):
                inner = reward[k] + later - value[k] + inner
                out[k], later = inner, value[k]
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def turn_wise_gae(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    value, reward, edges = token_lists(batch, read)
    row_reward = read(batch.reward_R)
    row = [0.0] * len(row_reward)
    for rows in trajectories(batch):
        after, running = 0.0, 0.0
        for r in reversed(rows):
            end = edges[r + 1] - 1
            running = reward[end] + row_reward[r] + after - value[end] + running
            row[r], after = running, value[end]
    return spread(row, batch)


def no_concat_gae(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    value, reward, edges = token_lists(batch, read)
    row_reward = read(batch.reward_R)
    row = [0.0] * len(row_reward)
    for rows in trajectories(batch):
        after, running = 0.0, 0.0
        for r in reversed(rows):
            earned = row_reward[r]
            for k in range(edges[r], edges[r + 1]):
                earned = earned + (reward[k])
            running = earned + after - value[edges[r]] + running
            row[r], after = running, value[edges[r]]
    return spread(row, batch)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _std(values: list[float]) -> float:
    mean = _mean(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))


def grpo(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    reward = read(batch.reward_R)
    groups = defaultdict(list)
    total, row = [], [0.0] * len(reward)
    for number, rows in enumerate(trajectories(batch)):
        total.append(sum(reward[r] for r in rows))
        groups[int(batch.group_R[rows[0]])].append(number)
    credit = [0.0] * len(total)
    for members in groups.values():
        values = [total[m] for m in members]
        mean, std = _mean(values), _std(values)
        for m in members:
            credit[m] = (total[m] - mean) / (std + 1e-6)
    for number, rows in enumerate(trajectories(batch)):
        for r in rows:
            row[r] = credit[number]
    return spread(row, batch)


def gigpo(batch: Trajectories, _: Evidence, read: Read) -> torch.Tensor:
    reward, valid = read(batch.reward_R), read(batch.valid_R)
    group, anchor = batch.group_R.tolist(), batch.anchor_R.tolist()
    step, episode = [0.0] * len(reward), [0.0] * len(reward)
    means = defaultdict(list)
    for rows in trajectories(batch):
        running = 0.0
        total = sum(reward[r] for r in rows)
        for r in reversed(rows):
            running = reward[r] + 0.95 * running
            penalty = 0.0 if valid[r] else 0.1
            step[r], episode[r] = running - penalty, total - penalty
        means[group[rows[0]]].append(_mean([episode[r] for r in rows]))
    states = defaultdict(list)
    for r in range(len(reward)):
        states[group[r], anchor[r]].append(r)
    row = [episode[r] - _mean(means[group[r]]) for r in range(len(reward))]
    for members in states.values():
        mean = _mean([step[r] for r in members])
        for r in members:
            row[r] = row[r] + (step[r] - mean)
    return spread(row, batch)


def _min_form(
    batch: Trajectories, evidence: Evidence, read: Read
) -> tuple[list[float], list[list[float]]]:
    assert evidence.process_reward_R is not None
    raw = read(evidence.process_reward_R)
    soft = []
    for rows in trajectories(batch):
        weight = [math.exp(-raw[r] / 0.1) for r in rows]
        total = sum(weight)
        soft.append([raw[r] * w / total for r, w in zip(rows, weight, strict=True)])
    return raw, soft


def min_form(batch: Trajectories, evidence: Evidence, read: Read) -> torch.Tensor:
    assert evidence.outcome_N is not None
    outcome = read(evidence.outcome_N)
    _, soft = _min_form(batch, evidence, read)
    _, reward, edges = token_lists(batch, read)
    groups = defaultdict(list)
    length = []
    for number, rows in enumerate(trajectories(batch)):
        groups[int(batch.group_R[rows[0]])].append(number)
        length.append(edges[rows[-1] + 1] - edges[rows[0]])
    out = [0.0] * len(reward)
    for number, rows in enumerate(trajectories(batch)):
        others = [m for m in groups[int(batch.group_R[rows[0]])] if m != number]
        rate = sum(sum(soft[m]) for m in others) / sum(length[m] for m in others)
        steps = [
            s - rate * (edges[r + 1] - edges[r])
            for s, r in zip(soft[number], rows, strict=True)
        ]
        steps[-1] = steps[-1] + (outcome[number] - _mean([outcome[m] for m in others]))
        to_go, token = 0.0, 0.0
        for place in range(len(rows) - 1, -1, -1):
            r = rows[place]
            to_go = to_go + (steps[place])
            for k in range(edges[r + 1] - 1, edges[r] - 1, -1):
                token = token + (reward[k])
                out[k] = to_go + token
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def min_form_rloo(batch: Trajectories, evidence: Evidence, read: Read) -> torch.Tensor:
    assert evidence.outcome_N is not None
    outcome = read(evidence.outcome_N)
    _, soft = _min_form(batch, evidence, read)
    _, reward, edges = token_lists(batch, read)
    groups = defaultdict(list)
    total, length = [], []
    out = [0.0] * len(reward)
    for number, rows in enumerate(trajectories(batch)):
        groups[int(batch.group_R[rows[0]])].append(number)
        running, summed = outcome[number], 0.0
        for place in range(len(rows) - 1, -1, -1):
            r = rows[place]
            running = running + (soft[number][place])
            for k in range(edges[r + 1] - 1, edges[r] - 1, -1):
                running = running + (reward[k])
                out[k] = running
                summed = summed + (running)
        total.append(summed)
        length.append(edges[rows[-1] + 1] - edges[rows[0]])
    for number, rows in enumerate(trajectories(batch)):
        others = [m for m in groups[int(batch.group_R[rows[0]])] if m != number]
        baseline = sum(total[m] for m in others) / sum(length[m] for m in others)
        for k in range(edges[rows[0]], edges[rows[-1] + 1]):
            out[k] = out[k] - (baseline)
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def spo_chain(batch: Trajectories, evidence: Evidence, read: Read) -> torch.Tensor:
    assert evidence.segment_start_M is not None
    assert evidence.segment_value_M is not None
    assert evidence.outcome_N is not None
    value = dict(
        zip(
            evidence.segment_start_M.tolist(),
            evidence.segment_value_M.tolist(),
            strict=True,
        )
    )
    outcome, logprob = read(evidence.outcome_N), read(batch.logprob_K)
    edges = batch.offsets.tolist()
    out = [0.0] * len(logprob)
    for number, rows in enumerate(trajectories(batch)):
        later, end = outcome[number], edges[rows[-1] + 1]
        for k in range(end - 1, edges[rows[0]] - 1, -1):
            if k in value:
                for token in range(k, end):
                    if math.exp(logprob[token]) <= 0.9:
                        out[token] = later - value[k]
                later, end = value[k], k
    return torch.tensor([float(x) for x in out], dtype=torch.float64)


def shapley(batch: Trajectories, evidence: Evidence, read: Read) -> torch.Tensor:
    assert evidence.prefix_credit_R is not None
    prefix = read(evidence.prefix_credit_R)
    row = [0.0] * len(prefix)
    for rows in trajectories(batch):
        running = 0.0
        for r in reversed(rows):
            running = running + (prefix[r] - (prefix[r - 1] if r > rows[0] else 0.0))
            row[r] = running
    return spread(row, batch)


LOOPS: dict[str, Loop] = {
    "gae": gae,
    "gae(gamma=0.99, lam=0.95)": discounted_gae,
    "grpo": grpo,
    "shapley": shapley,
    "gigpo": gigpo,
    "spo_chain": spo_chain,
    "bi_level_gae": bi_level_gae,
    "turn_wise_gae": turn_wise_gae,
    "no_concat_gae": no_concat_gae,
    "min_form": min_form,
    "min_form_rloo": min_form_rloo,
}
