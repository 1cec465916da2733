"""Who sits where in the tests of games: one kind of agent at every seat."""

import numpy as np

from shapley_coop.interfaces.agent import Place


class Everyone:
    """Every present seat played by one kind of agent. Absent ones are idle."""

    def __init__(self, factory):
        self.factory = factory

    def agent(self, seat, game, episode):
        return self.factory(Place(seat, game.fresh(), np.random.default_rng(episode)))

    decides_unseeded = False

    def agents(self, game, episode, present, dice):
        return {seat: self.agent(seat, game, episode) for seat in present}

    def substitute(self, seat, game, episode):
        return None

    def calls_and_tokens(self, episode):
        return 0, 0
