"""PPO for recurrent policies on negotiated games (Schulman et al. 2017, arXiv 1707.06347).

One file from top to bottom: play, credit, update, checkpoint. A batch holds whole episodes, so that
memories begin at zero in play and in learning alike and nothing is bootstrapped.

Shapes: N lines (one seat in one episode), T decisions of the longest of them, B decisions, R all
decisions of a batch in the order of the lines.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shapley_coop.config.seeds import episode_seed, generator
from shapley_coop.errors import ConfigError, ModelError
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.assignment.spec import Spec
from shapley_coop.rl.policies.recurrent.network import NetworkInput, PolicyNetwork
from shapley_coop.rl.training.checkpoint import STATE_FILE, read_state, write_state
from shapley_coop.rl.training.listeners import Tell, tell_nobody
from shapley_coop.rl.training.memory import within_memory
from shapley_coop.rl.training.reinforcement.lessons import DecisionLessons, lessons_of
from shapley_coop.rl.training.reinforcement.lineup import Lineup, SelfPlay
from shapley_coop.rl.training.reinforcement.packing import PackedLines, pack, spread_of
from shapley_coop.rl.training.reinforcement.pays import PayRule
from shapley_coop.rl.training.reinforcement.rollout import Playthrough, play_all


@dataclass(frozen=True)
class PpoSettings:
    """How fast and how long is learned."""

    episodes: int = 10_000
    """Episodes in all."""
    side_by_side: int = 64
    """Environments, and so episodes, of one update."""
    passes: int = 4
    """How often each update goes over its batch."""
    parts: int = 2
    """In how many parts it goes over it."""
    rate: float = 3e-3
    """The learning rate of Adam, which falls to a tenth in a straight line."""
    clip: float = 0.2
    """How far a probability may move from where it was drawn, as a ratio."""
    entropy: float = 0.01
    """Weight of the entropy, which falls to 0 in a straight line."""
    critic: float = 0.5
    """Weight of the critic's error, which is squared where it is small (Huber 1964)."""
    norm: float = 0.5
    """The greatest norm of a gradient."""
    keep_every: float = 5.0
    """Seconds after which the next update ends with a checkpoint. A course that is cut loses these
    and one update at most."""

    @property
    def batch(self) -> int:
        """Episodes of one update at most."""
        return min(self.side_by_side, self.episodes)


@dataclass
class PpoProgress:
    """How far training has come. All of it is kept in checkpoints."""

    episodes: int = 0
    decisions: int = 0
    """Decisions that were learned from."""
    seconds: float = 0.0
    scale: float = 0.0
    """What a critic's value of 1 is in reward units. 0 means that nothing was played yet."""
    curve: list[dict[str, Any]] = field(default_factory=list)
    """By update: episodes so far, mean total of the game, mean payoff by seat."""
    pieces: int = 1
    """In how many pieces a step's gradient is collected, as memory asks for."""


class PpoLearner:
    """Trains one policy on one game.

    Args:
        network: the policy, on its device.
        envs: environments of the game, one for each episode that is played side by side.
        rule: what seats are paid.
        spec: how their pay becomes credit of decisions.
        settings: how fast and how long is learned.
        seed: all draws follow from it.
        folder: takes checkpoints.
        lineup: who sits at the seats. None means the policy itself.
        tell: is told when memory does not suffice for a step at once.
    """

    def __init__(
        self,
        network: PolicyNetwork,
        envs: Sequence[NegotiatedGame],
        rule: PayRule,
        spec: Spec,
        settings: PpoSettings,
        *,
        seed: int,
        folder: Path,
        lineup: Lineup | None = None,
        tell: Tell = tell_nobody,
    ) -> None:
        self.network = network
        self.envs = envs
        self.rule = rule
        self.spec = spec
        self.settings = settings
        self.seed = seed
        self.folder = folder
        self.lineup = lineup or SelfPlay()
        self.tell = tell
        self.device = next(network.parameters()).device
        self.optimizer = torch.optim.Adam(network.parameters(), settings.rate, eps=1e-5)
        self.generator = torch.Generator(self.device)
        self.generator.manual_seed(seed)
        self.progress = PpoProgress()

    def train(self, listen: Callable[[PpoProgress], None]) -> PpoProgress:
        """Train to the last episode, on from what was done, and return the progress.

        Raises:
            ModelError: a loss is no number. The checkpoint before it stays.
            ConfigError: no seat that learns has a choice.
        """
        began = time.perf_counter() - self.progress.seconds
        kept = time.perf_counter()
        while self.progress.episodes < self.settings.episodes:
            plays = self._play()
            self.progress.scale = self.progress.scale or spread_of(plays)
            lessons = lessons_of(self.spec, plays, self.progress.scale)
            if not lessons.lines:
                raise ConfigError(
                    f"in {len(plays)} episodes no seat that learns had several actions to choose "
                    "from; take a game or a protocol that leaves it a choice",
                    field="game",
                )
            self._update(lessons)
            self._count(plays, lessons)
            self.progress.seconds = time.perf_counter() - began
            if time.perf_counter() - kept > self.settings.keep_every:
                self.keep()
                kept = time.perf_counter()
            listen(self.progress)
        self.keep()
        return self.progress

    def _play(self) -> list[Playthrough]:
        """Play one episode in every environment."""
        # Seeds follow from numbers of episodes, so a resumed course plays what was left.
        first = self.progress.episodes
        left = self.settings.episodes - first
        envs = self.envs[:left]
        numbers = range(first, first + len(envs))
        episodes = [(number, episode_seed(self.seed, number)) for number in numbers]
        casting = self.lineup.casting(self.network, first, len(envs))
        return play_all(
            envs,
            episodes,
            casting,
            self.rule,
            self.generator,
        )

    def _update(self, lessons: DecisionLessons) -> None:
        """Go over a batch several times in parts, and move the policy towards its credit."""
        done = self.progress.episodes / self.settings.episodes
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate * (1 - 0.9 * done)
        entropy = self.settings.entropy * (1 - done)
        packed = pack(lessons, self.progress.scale, self.device)
        rng = generator(self.seed, "parts", self.progress.episodes)
        for _ in range(self.settings.passes):
            order = rng.permutation(len(lessons.lines))
            for part in np.array_split(order, self.settings.parts):
                if not len(part):
                    continue
                line_n = torch.from_numpy(part).to(self.device)
                collect = partial(self._collect, packed, line_n, entropy)
                pieces = self.progress.pieces
                loss, self.progress.pieces = within_memory(
                    collect, pieces, max(pieces, len(part)), self.tell
                )
                if not math.isfinite(loss):
                    raise ModelError(
                        f"the loss after {self.progress.episodes} episodes is {loss}; the last "
                        f"good checkpoint is {str(self.folder / STATE_FILE)!r}; train again with "
                        "a lower rate"
                    )
                nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.norm)
                self.optimizer.step()

    def _collect(
        self, packed: PackedLines, line_n: Tensor, entropy: float, pieces: int
    ) -> float:
        """Collect the gradient of some lines, piece by piece, and return their loss."""
        self.optimizer.zero_grad(set_to_none=True)
        decisions = packed.length_N[line_n].sum()
        total = 0.0
        for piece_n in line_n.tensor_split(min(pieces, len(line_n))):
            # Each loss is a mean over decisions, so a piece weighs as much as it has of them.
            share = packed.length_N[piece_n].sum() / decisions
            loss = self._loss(packed, piece_n, entropy) * share
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total

    def _loss(self, packed: PackedLines, line_n: Tensor, entropy: float) -> Tensor:
        """Return the clipped surrogate, the critic's error and the entropy of some lines."""
        logprob_B, value_B, entropy_B, at_B = self._again(packed, line_n)
        advantage_B = packed.advantage_R[at_B]
        ratio_B = (logprob_B - packed.logprob_R[at_B]).exp()
        # What has moved far already is not moved on by the same batch.
        near_B = ratio_B.clamp(1 - self.settings.clip, 1 + self.settings.clip)
        gain = torch.minimum(ratio_B * advantage_B, near_B * advantage_B).mean()
        error = nn.functional.smooth_l1_loss(value_B, packed.target_R[at_B])
        return self.settings.critic * error - gain - entropy * entropy_B.mean()

    def _again(
        self, packed: PackedLines, line_n: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Decide again along some lines: log-probability, value, entropy and place in the batch."""
        memory_nH = torch.zeros(len(line_n), self.network.hidden, device=self.device)
        length_n = packed.length_N[line_n]
        logprobs, values, entropies, places = [], [], [], []
        for turn in range(int(length_n.max())):
            # Lines that are over drop out, so that nothing is padded.
            here = (length_n > turn).nonzero().flatten()
            row_B = packed.start_N[line_n[here]] + turn
            inputs = NetworkInput(
                packed.seen_RF[row_B],
                packed.mask_RA[row_B],
                packed.judged_RJ[row_B],
                packed.seat_R[row_B],
                memory_nH[here],
            )
            found = self.network(inputs)
            memory_nH = memory_nH.index_put((here,), found.memory_BH)
            logprob_BA = torch.log_softmax(found.logit_BA, dim=1)
            action_B1 = packed.action_R[row_B, None]
            logprobs.append(logprob_BA.gather(1, action_B1).squeeze(1))
            values.append(found.value_B)
            entropies.append(-(logprob_BA.exp() * logprob_BA).sum(dim=1))
            places.append(row_B)
        columns = (logprobs, values, entropies, places)
        logprob_B, value_B, entropy_B, at_B = (torch.cat(column) for column in columns)
        return logprob_B, value_B, entropy_B, at_B

    def _count(self, plays: Sequence[Playthrough], lessons: DecisionLessons) -> None:
        """Write down how an update's episodes went, and tell the lineup."""
        self.progress.episodes += len(plays)
        self.progress.decisions += len(lessons.advantage_R)
        seats = self.envs[0].possible_agents
        means = {
            seat: sum(play.payoffs[seat] for play in plays) / len(plays)
            for seat in seats
        }
        point = {
            "episode": self.progress.episodes,
            "mean_total": sum(means.values()),
            "mean_by_seat": means,
        }
        self.progress.curve.append(point)
        self.lineup.take_note(self.network, len(self.progress.curve))

    def keep(self) -> None:
        """Write a checkpoint. It takes the place of the one before in one step."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "generator": self.generator.get_state(),
            "progress": asdict(self.progress),
            "lineup": self.lineup.memory(),
        }
        write_state(self.folder, state)

    def resume(self) -> None:
        """Take up the checkpoint of the folder."""
        state = read_state(self.folder, self.device)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        # The state of a generator is bytes on the CPU, wherever the generator draws.
        self.generator.set_state(state["generator"].cpu())
        self.progress = PpoProgress(**state["progress"])
        self.lineup.restore(state["lineup"])
