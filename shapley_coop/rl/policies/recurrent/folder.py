"""The folder of a recurrent policy: its card and its weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import torch

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.errors import InputError
from shapley_coop.interfaces.game import Game
from shapley_coop.llm.backends.policy import card_of
from shapley_coop.negotiation.envs.layout import Layout
from shapley_coop.negotiation.envs.menu import MenuKind
from shapley_coop.rl.policies.recurrent.network import PolicyNetwork
from shapley_coop.rl.policies.tensor_file import read_tensors

WEIGHTS_FILE = "policy.pt"
"""The weights of a recurrent policy."""
RECURRENT = "recurrent"
"""What the card of such a policy says that it is."""
Critic = Literal["own", "central"]
"""Whether a critic sees what its seat sees, or what all seats see."""


@dataclass(frozen=True)
class PolicyShape:
    """What a network was made for, which must fit the game that it plays."""

    seats: tuple[str, ...]
    features: int
    actions: int
    hidden: int = 64
    networks: Literal["shared", "seat"] = "shared"
    critic: Critic = "own"
    menu: MenuKind = "prices"

    @classmethod
    def of_card(cls, card: dict[str, Any], folder: Path) -> PolicyShape:
        """Return the shape that a card tells.

        Raises:
            InputError: the card tells none.
        """
        try:
            told = dict(card["shape"])
            told["seats"] = tuple(told["seats"])
            shape = cls(**told)
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"the card of {str(folder)!r} tells no shape ({error!r}); train the policy again"
            ) from error
        if shape.menu not in get_args(MenuKind):
            raise InputError(
                f"the card of {str(folder)!r} names menu {shape.menu!r}; there are: "
                f"{', '.join(get_args(MenuKind))}"
            )
        return shape

    @property
    def critic_features(self) -> int:
        """How many features the critic sees."""
        return self.features * (len(self.seats) if self.critic == "central" else 1)

    def table(self) -> dict[str, Any]:
        """Return the shape as a card tells it."""
        return asdict(self)

    def network(self, seed: int) -> PolicyNetwork:
        """Return a network of this shape, not yet trained, whose weights are drawn by a seed."""
        several = len(self.seats) if self.networks == "seat" else 1
        shape = (self.features, self.critic_features, self.actions, self.hidden)
        # The draws of fresh weights are torch's own, so they are set apart and put back.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return PolicyNetwork(several, shape)

    def objection(self, game: Game, layout: Layout) -> str:
        """Return why a policy of this shape cannot play a game, or nothing if it can."""
        if tuple(game.seats) != self.seats:
            return (
                f"it was trained for {len(self.seats)} seats: {', '.join(self.seats)}"
            )
        if (layout.width, layout.actions) != (self.features, self.actions):
            return (
                f"it sees {self.features} features and chooses from {self.actions} actions, and "
                f"{game.name} has {layout.width} and {layout.actions}"
            )
        return ""


class TrainedPolicy:
    """A recurrent policy as it stands in a folder.

    Raises:
        InputError: the folder holds none, or its weights are damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = card_of(folder)
        self.shape = PolicyShape.of_card(self.card, folder)
        self.protocol = NegotiationProtocol.model_validate(self.card["protocol"])
        self.network = self.shape.network(seed=0)
        path = folder / WEIGHTS_FILE
        weights = read_tensors(path, torch.device("cpu"), "train the policy again")
        try:
            self.network.load_state_dict(weights)
        except RuntimeError as error:
            raise InputError(
                f"the weights {str(path)!r} are not of the shape that the card tells ({error}); "
                "train the policy again"
            ) from error
        self.network.eval()
