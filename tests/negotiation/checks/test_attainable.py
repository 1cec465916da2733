"""What agreements can reach, held against every play and every strategy of small games."""

from itertools import product

import numpy as np
import pytest

from games.dilemmas.classic import PrisonersDilemma, StagHunt
from games.dilemmas.public_goods import PublicGoods
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.measure import measure
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.deals.pricing import transfers_to
from shapley_coop.interfaces.game import Game, Security
from shapley_coop.interfaces.plugins import describe, load
from shapley_coop.interfaces.worth import history_of
from shapley_coop.negotiation.checks.attainable import CHANCE, TEXTS, attainable
from shapley_coop.negotiation.checks.conventions import pessimistic
from shapley_coop.negotiation.checks.histories import histories
from shapley_coop.negotiation.ledger import ENFORCED
from shapley_coop.negotiation.lint.game_form import of_game
from shapley_coop.negotiation.procedure import raw_rewards, settle
from shapley_coop.records import (
    TOLERANCE,
    Clause,
    Contract,
    Keeps,
    Offer,
    Terms,
)
from tests.fixtures.minutes import Minutes

TALK = PROTOCOLS["talk"]
NEG = PROTOCOLS["neg"]


class Drawn(Game):
    """Pays by all that was played so far, at random: no structure helps anybody."""

    name = "drawn"
    goal = "over"

    def __init__(self, seed, seats=2, actions=2, horizon=1):
        self.actions = tuple("abc"[:actions])
        self.horizon = horizon
        self.seed = seed
        super().__init__([f"p{i}" for i in range(seats)])

    def begin(self):
        return ()

    def advance(self, actions):
        joint = tuple(actions[seat] for seat in self.agents)
        self.world = (*self.world, *joint)
        draws = np.random.default_rng([self.seed, 7, *self.world]).integers(
            -5, 10, len(self.seats)
        )
        return dict(zip(self.seats, draws.astype(float).tolist(), strict=True))

    def plan(self):
        plays = every_play(self)
        best = max(plays, key=lambda steps: total(self, steps))
        return history_of(self.seats, best)

    def oracle(self):
        return pessimistic(self, 0)

    def security(self, seat):
        alone = np.zeros((1, len(self.seats)), bool)
        alone[0, self.seats.index(seat)] = True
        value = float(self.oracle().values(alone)[0])
        return Security(value, self.actions[0])


def every_play(game):
    plays = []

    def keep(_end, steps):
        plays.append(tuple(steps))
        return {}

    assert histories(game, 0, keep, 20_000) is not None
    return plays


def total(game, steps):
    return sum(raw_rewards(game.seats, steps).values())


def potential(game):
    return measure(
        game.oracle(),
        game.seats,
        WorthSettings(),
        kind="oracle",
        absence=None,
        rng=np.random.default_rng(0),
    )


def fined_plan(game, plan, target):
    """Return the plan with side payments if all keep it, and a fine of what leaving can gain."""
    plays = every_play(game)
    planned = next(s for s in plays if history_of(game.seats, s) == plan)
    raw = raw_rewards(game.seats, planned)
    clauses = []
    for payer, payee, amount in transfers_to(raw, target):
        clauses.append(
            Clause(payer=payer, payee=payee, price=amount, condition=Keeps())
        )
    for seat in game.seats:
        most = max(raw_rewards(game.seats, steps)[seat] for steps in plays)
        others = [other for other in game.seats if other != seat]
        fine = max(0.0, most - target[seat]) / len(others)
        for other in others:
            breach = Keeps(seat=seat, unless=True)
            clauses.append(
                Clause(payer=seat, payee=other, price=fine, condition=breach)
            )
    terms = Terms(clauses=tuple(clauses), plan=plan)
    offer = Offer(id=1, author=game.seats[0], round=1, terms=terms)
    return Contract(offer=offer, signatures=game.seats)


def first_breakers(game, steps, plan):
    for number, step in enumerate(steps):
        breakers = {s for s in game.seats if step.actions[s] != plan[s][number]}
        if breakers:
            return breakers
    return set()


SHAPES = [(2, 2, 1), (2, 3, 1), (3, 2, 1), (3, 3, 1), (2, 2, 2), (2, 2, 3), (3, 2, 2)]


@pytest.mark.parametrize("liability", ["unlimited", "limited"])
@pytest.mark.parametrize("settlement", ["binding", "escrow"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_contract_reaches_it_and_none_reaches_more(shape, settlement, liability):
    terms = {"settlement": settlement, "liability": liability}
    protocol = TALK.model_copy(update=terms)
    for seed in range(12):
        game = Drawn(seed, *shape)
        best = attainable(game, protocol, potential(game))
        assert best.by == "contract"
        plays = every_play(game)
        assert best.total == max(total(game, steps) for steps in plays)
        assert sum(best.payoffs.values()) == pytest.approx(best.total)
        for seat in game.seats:
            assert best.payoffs[seat] >= game.security(seat).value - TOLERANCE
        plan = game.plan()
        contract = fined_plan(game, plan, best.payoffs)
        floors = {seat: game.security(seat).value for seat in game.seats}
        payers = ENFORCED._replace(floors=floors)
        for steps in plays:
            held = settle(
                game, protocol, [contract], steps,
                division=None, credit=None, deadlock=False, payers=payers,
            ).payoffs  # fmt: skip
            # Whatever is signed and played, all together hold what the game paid, and no more.
            assert sum(held.values()) == pytest.approx(total(game, steps))
            breakers = first_breakers(game, steps, plan)
            if not breakers:
                assert held == pytest.approx(best.payoffs, abs=TOLERANCE)
            # Also if the others answer a breach in whatever way serves its author best.
            elif len(breakers) == 1:
                (breaker,) = breakers
                assert held[breaker] <= best.payoffs[breaker] + TOLERANCE


def test_shapley_values_divide_it_only_where_all_can_accept_them():
    game = PrisonersDilemma()
    credit = potential(game)
    assert attainable(game, TALK, credit).payoffs == credit.values
    first, second = game.seats
    # Below the outside option of 1 nobody signs. The surplus of 4 is then divided alike.
    poor = credit.model_copy(update={"values": {first: 0.5, second: 5.5}})
    assert attainable(game, TALK, poor).payoffs == {first: 3, second: 3}
    # Values that count from something else than nothing do not divide the total.
    shifted = credit.model_copy(update={"values": {first: 2.0, second: 2.0}})
    assert attainable(game, TALK, shifted).payoffs == {first: 3, second: 3}
    assert attainable(game, TALK, None).payoffs == {first: 3, second: 3}


def strategies(opening, place):
    """Yield every pure strategy of a seat: an action for each history in which seats act."""
    nodes = []

    def visit(history):
        if history.acting:
            nodes.append(id(history))
            for branch in history.branches.values():
                visit(branch)

    visit(opening)
    actions = sorted({joint[place] for joint in opening.branches})
    for chosen in product(actions, repeat=len(nodes)):
        yield dict(zip(nodes, chosen, strict=True))


def end_of(history, profile):
    while history.acting:
        joint = tuple(strategy[id(history)] for strategy in profile)
        history = history.branches[joint]
    return history.payoffs


def subgames(history):
    if history.acting:
        yield history
        for branch in history.branches.values():
            yield from subgames(branch)


def perfect(opening, seats, profile, all_strategies):
    for subgame in subgames(opening):
        held = end_of(subgame, profile)
        for place, seat in enumerate(seats):
            for other in all_strategies[place]:
                changed = list(profile)
                changed[place] = other
                if end_of(subgame, changed)[seat] > held[seat] + TOLERANCE:
                    return False
    return True


def best_equilibrium(game):
    """Return the greatest total of a perfect equilibrium, by trying all profiles of strategies."""
    opening = histories(
        game, 0, lambda end, steps: raw_rewards(end.seats, steps), 20_000
    )
    by_seat = [list(strategies(opening, place)) for place in range(len(game.seats))]
    ends = (
        end_of(opening, profile)
        for profile in product(*by_seat)
        if perfect(opening, game.seats, profile, by_seat)
    )
    return max((sum(held.values()) for held in ends), default=None)


@pytest.mark.parametrize(
    ("shape", "games"),
    [((2, 2, 1), 60), ((2, 3, 1), 40), ((3, 2, 1), 40), ((2, 2, 2), 6)],
)
def test_without_payments_it_is_the_best_of_all_equilibria(shape, games):
    known = 0
    for seed in range(games):
        game = Drawn(seed, *shape)
        best = attainable(game, NEG)
        assert best.total == best_equilibrium(game)
        if best.total is None:
            assert best.reason == "no equilibrium in pure strategies"
            continue
        known += 1
        assert best.by == "equilibrium"
        assert sum(best.payoffs.values()) == best.total
        for seat in game.seats:
            assert best.payoffs[seat] >= game.security(seat).value - TOLERANCE
    assert known > games / 4


@pytest.mark.parametrize(
    ("protocol", "changes", "total", "by"),
    [
        ("talk", {}, 6, "contract"),
        ("shapley-coop", {"settlement": "escrow"}, 6, "contract"),
        ("talk", {"settlement": "cheap-talk"}, 2, "equilibrium"),
        ("neg", {"settlement": "binding"}, 2, "equilibrium"),
        ("solo", {}, 2, "equilibrium"),
    ],
)
def test_a_dilemma_needs_contracts_that_are_enforced(protocol, changes, total, by):
    varied = PROTOCOLS[protocol].model_copy(update=changes)
    best = attainable(PrisonersDilemma(), varied)
    assert (best.total, best.by) == (total, by)
    assert set(best.payoffs.values()) == {total / 2}


def test_where_trust_alone_is_missing_words_can_do():
    assert attainable(StagHunt(), NEG).total == 8


def shipped():
    for entry in describe("games"):
        game = load("games", entry.name)
        yield from ((game, parameters) for parameters in ({}, *game.variants))


@pytest.mark.parametrize(("make", "parameters"), list(shipped()))
def test_of_shipped_games_it_is_the_total_of_the_best_play(make, parameters):
    game = make(**parameters)
    known = None if game.oracle() is None else potential(game)
    best = attainable(game, TALK, known)
    if game.plan() is None:
        no_plan = f"{game.name} knows no plan of greatest total"
        # Alone nobody signs anything, so no plan is asked for.
        assert best.reason == (no_plan if len(game.seats) > 1 else TEXTS)
        return
    assert best.by == "contract"
    assert best.total == pytest.approx(sum(game.preview(game.plan()).payoffs.values()))
    for seat in game.seats:
        assert best.payoffs[seat] >= game.security(seat).value - TOLERANCE
    if len(game.actions) ** (game.horizon * len(game.seats)) <= 5_000:
        most = max(total(game, steps) for steps in every_play(game))
        assert best.total == pytest.approx(most)


def test_nobody_goes_through_texts():
    game = Minutes()
    assert attainable(game, PROTOCOLS["solo"]).reason == TEXTS
    assert histories(game, 0, lambda *_: {}, 10**9) is None
    with pytest.raises(ConfigError, match="take texts"):
        of_game(game, {})


class Lucky(Drawn):
    """A game in which dice have a say."""

    def advance(self, actions):
        rewards = super().advance(actions)
        return {seat: value + self.rng.random() for seat, value in rewards.items()}


class Unsecured(Drawn):
    """A game that does not know what a seat can be sure of."""

    def security(self, seat):
        return None


def test_what_is_not_known_says_why():
    split = TALK.model_copy(update={"split": "equal"})
    assert "a rule divides the pot" in attainable(Drawn(1), split).reason
    assert attainable(Lucky(1), TALK).reason == CHANCE
    assert attainable(Lucky(1), NEG).reason == CHANCE
    assert "knows no outside options" in attainable(Unsecured(1), TALK).reason
    many = attainable(Drawn(1, 2, 2, 7), NEG)
    assert many.reason == "more than 20,000 histories to find equilibria in"
    game = PrisonersDilemma()
    other = potential(game).model_copy(update={"grand": 7.0})
    contradiction = attainable(game, TALK, other)
    assert contradiction.reason == "the game's plan makes 6.00, its v(everyone) is 7.00"
    assert contradiction.total is None


def test_many_seats_of_one_step_are_gone_through_quickly():
    # Alternatives are looked up: searching all joint actions for them took a minute and a half.
    best = attainable(PublicGoods(seats=8), NEG)
    assert (best.total, best.by) == (80, "equilibrium")
