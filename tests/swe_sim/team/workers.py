"""Workers of the software team that do one fixed thing, for tests."""

from shapley_coop.interfaces.agent import Written
from shapley_coop.records import Accept, Clause, Outcome, Propose, Terms, Wait

BRIEF = "Write what the tests show."


class Worker:
    """Solves the task if there is a brief, and writes nonsense otherwise. Reviewers approve all."""

    needs_model = False

    def __init__(self, place):
        self.seat = place.seat
        self.reference = place.game.task.reference
        self.rng = place.rng

    async def believe(self, view):
        return None

    async def negotiate(self, view):
        return Wait()

    def code(self, path, facts):
        solves = facts["role"] == "solo" or facts["brief"]
        return self.reference[path] if solves else "x = 1\n"

    async def act(self, view):
        legal, facts = view.actions, view.facts
        phase = facts["phase"]
        if "brief" in legal and view.seat == "cpo":
            return Written("brief", BRIEF)
        if phase in ("coding", "solo"):
            for action in legal:
                path = action.removeprefix("write:")
                if path != action and facts["tree"].get(path) is None:
                    return Written(action, self.code(path, facts))
        if "run_tests" in legal and phase == "test" and not facts["tests"]:
            return "run_tests"
        if "approve" in legal:
            return "approve"
        return "hand_over" if "hand_over" in legal else "idle"


class Gambler(Worker):
    """Solves the task with a chance of one half if there is a brief."""

    def code(self, path, facts):
        is_right = self.rng.random() < 0.5
        return super().code(path, facts) if is_right else "x = 1\n"


class Breaker(Worker):
    """Writes nonsense whatever it reads."""

    def code(self, path, facts):
        return "x = 1\n"


class Critic(Worker):
    """Rejects all."""

    async def act(self, view):
        if "reject" in view.actions:
            return Written("reject", "no")
        return await super().act(view)


class Trader(Worker):
    """The first seat offers pay for outcomes, and all sign."""

    async def negotiate(self, view):
        table = view.table
        if table.standing is not None and "accept" in table.legal:
            return Accept(offer=table.standing.id)
        if "propose" not in table.legal or view.seat != "ceo":
            return Wait()
        clauses = []
        for price, outcome in (
            (30.0, "test:test_classes"),
            (15.0, "wrote:bmi.py:programmer_0"),
            (7.0, "documented"),
        ):
            condition = Outcome(outcome=outcome)
            clauses.append(
                Clause(
                    payer="ceo",
                    payee="programmer_0",
                    price=price,
                    condition=condition,
                )
            )
        return Propose(terms=Terms(clauses=tuple(clauses)))
