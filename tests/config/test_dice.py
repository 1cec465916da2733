"""Dice: what of a play could have gone otherwise under another seed."""

import pytest

from shapley_coop.config.seeds import Dice, generator, replicate_seed


def test_dice_draw_what_the_generator_of_the_same_purpose_draws():
    issued = Dice(3).generator(1, "a", "agent")
    assert issued.random() == generator(3, 1, "a", "agent").random()


def test_dice_that_nobody_threw_leave_no_chance():
    dice = Dice(3)
    dice.generator("a")
    assert not dice.drew_chance


@pytest.mark.parametrize("draw", [lambda rng: rng.random(), lambda rng: rng.spawn(1)])
def test_a_draw_of_a_generator_or_of_a_child_is_chance(draw):
    dice = Dice(3)
    dice.generator("a")
    draw(dice.generator("b"))
    assert dice.drew_chance


def test_who_decides_without_dice_is_chance():
    dice = Dice(3)
    dice.is_seeded = False
    assert dice.drew_chance


def test_the_first_replicate_is_the_episode_itself():
    seeds = [replicate_seed(7, number) for number in range(50)]
    assert seeds[0] == 7
    assert len(set(seeds)) == 50
