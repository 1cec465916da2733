"""Courses of reinforcement so short that they end in seconds."""

from dataclasses import replace

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.rl.training.ppo import PpoSettings
from shapley_coop.rl.training.reinforcement.course import ReinforcementOrder

ORDER = ReinforcementOrder(
    game="escape-room-n",
    parameters={"seats": 2, "levers": 1},
    protocol=PROTOCOLS["solo"].model_dump(mode="json"),
    pay="shapley",
    device="cpu",
    hidden=16,
    settings=PpoSettings(episodes=64, side_by_side=16),
)


def order(episodes=64, **fields):
    settings = replace(ORDER.settings, episodes=episodes)
    return replace(ORDER, settings=settings, **fields)


def silent(text):
    """Take what a course tells, and show nothing of it."""
