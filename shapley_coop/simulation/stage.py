"""One game in progress: who is there, what was agreed, done and paid, and what each seat sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from shapley_coop.config.protocol import TableSettings
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import Dice, episode_seed, replicate_seed
from shapley_coop.interfaces.agent import TableView, Utterance, View
from shapley_coop.interfaces.deals.outlook import Outlook
from shapley_coop.interfaces.deals.pricing import payoffs_by_plan
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation import procedure
from shapley_coop.negotiation.bargain import Recorder, bargain
from shapley_coop.negotiation.ledger import Payers, Settlement, deposits_held
from shapley_coop.negotiation.outlook import outlook
from shapley_coop.records import Beliefs, Coalition, Contract, Credit, Seat, Step
from shapley_coop.records.episode import without_texts
from shapley_coop.simulation.cast import Cast
from shapley_coop.simulation.turn import ask_all


class Stage:
    """What has happened so far in one play of a game.

    Args:
        game: started here, under the episode's seed.
        cast: makes the agents.
        config: the protocol and the run's seed.
        index: the episode's number.
        recorder: takes the events.
        present: the seats that negotiate and act for themselves. None means all. An absent seat
            is played by its substitute in the cast, or idles if it has none.
        replicate: which of several plays it is. Only the game's own dice are the same in all.
        foresee: tells the credit to expect from the play so far, shown at tables that re-open.
            None means that nothing is expected.
    """

    def __init__(
        self,
        game: Game,
        cast: Cast,
        config: Config,
        index: int,
        recorder: Recorder,
        present: Coalition | None = None,
        replicate: int = 0,
        foresee: Callable[[Stage], Awaitable[Credit | None]] | None = None,
    ) -> None:
        self.game = game
        self.config = config
        self.index = index
        self.recorder = recorder
        self.seed = episode_seed(config.run.seed, index)
        game.start(self.seed)
        self.present = tuple(s for s in game.seats if present is None or s in present)
        self.dice = Dice(replicate_seed(config.run.seed, replicate))
        self.agents = cast.agents(game, index, self.present, self.dice)
        # Outside options are those of the opening, before anything was agreed or done.
        self.outside = {seat: game.security(seat) for seat in game.seats}
        self.deposits: dict[Seat, float] = {}
        """What each seat has in escrow, in reward."""
        self.payers = Payers(floors=procedure.outside_options(game))
        self.foresee = foresee
        self.contracts: list[Contract] = []
        self.steps: list[Step] = []
        self.beliefs: dict[Seat, Beliefs] = {}
        self.forfeits = Counter(dict.fromkeys(game.seats, 0))
        self.talk: tuple[Utterance, ...] = ()
        self.rounds = 0
        self.silent_rounds = 0
        self.decisions = 0
        self.deadlock = False
        """Whether some table has left its matter to an arbiter."""

    async def negotiate_and_act(self) -> None:
        """Price the task, then play it to its end.

        The table re-opens where the protocol says.
        """
        protocol = self.config.protocol
        while self.game.agents:
            now = len(self.steps)
            settings = procedure.task_table(protocol, now, change=self.game.reopens())
            if settings is not None:
                # At the opening nothing was played yet that a forecast could follow from.
                credit = await self._forecast() if now else None
                contract, rounds = await self.bargain(
                    "task", settings, think=protocol.short_term, credit=credit
                )
                self.rounds += rounds
                if contract is not None:
                    self.contracts.append(contract)
                    self._take_deposits(contract)
            await self._step()

    async def bargain(
        self,
        phase: procedure.TablePhase,
        settings: TableSettings,
        *,
        think: bool,
        credit: Credit | None = None,
        potential: Credit | None = None,
        holdings: Mapping[Seat, float] | None = None,
    ) -> tuple[Contract | None, int]:
        """Open a table for the present seats. Return what was signed and the rounds it took.

        Args:
            phase: whether the task is priced or the pot divided.
            settings: rounds, order, quorum and what a dead table means.
            think: whether seats state beliefs first.
            credit: what is shown of credit, as played or foreseen.
            potential: at a split table, what the rules make seats worth.
            holdings: at a split table, what each seat holds if nothing is divided.
        """
        # A seat that is alone has nobody to agree with.
        if len(self.present) < 2:
            return None, 0
        now = len(self.steps)
        # Each table draws from a generator of its own, so that none changes what another draws.
        rng = self.dice.generator(self.index, f"{phase} table", now)
        table = procedure.open_table(
            self.game,
            self.present,
            settings,
            phase=phase,
            rng=rng,
            step=now,
            contracts=self.contracts,
        )

        def view_of(seat: Seat, table_view: TableView) -> View:
            return self.view(seat, table_view, credit, potential, holdings)

        ending = await bargain(
            table,
            self.agents,
            view_of,
            self.recorder,
            think=think,
            pay=self._pay(holdings),
            everyone=self.game.seats,
        )
        # What is said after play is about what was played, so no earlier claim is given up.
        kept = self.beliefs if phase == "split" else {}
        self.beliefs |= ending.beliefs | kept
        self.silent_rounds += ending.silent_rounds
        self.decisions += ending.decisions
        self.forfeits.update(ending.forfeits)
        self.talk = () if settings.binds else ending.talk
        self.deadlock |= procedure.calls_arbiter(settings, ending.contract)
        return ending.contract, ending.rounds

    async def _forecast(self) -> Credit | None:
        """Return and record the credit to expect, if the worth kind can tell it now."""
        if self.foresee is None:
            return None
        credit = await self.foresee(self)
        if credit is not None:
            self.recorder.emit(
                "forecast",
                phase="task",
                step=len(self.steps),
                values=credit.values,
                stderr=credit.stderr,
            )
        return credit

    def _pay(
        self, holdings: Mapping[Seat, float] | None
    ) -> Mapping[Seat, float] | None:
        """Return what each seat gets if nothing is paid between seats, where the engine says so.

        After play that is what each holds. Before play the seats know nothing but their own view,
        unless the protocol has them told what the plan pays.
        """
        if holdings is None and self.config.protocol.price_bound == "plan":
            return payoffs_by_plan(self.game, self.raw())
        return holdings

    def _take_deposits(self, contract: Contract) -> None:
        """Hold what seats leave in escrow for a contract, until the game is over."""
        protocol = self.config.protocol
        if not settlement_mode(protocol.settlement).forfeits:
            return
        held = deposits_held(contract, protocol.deposit)
        for seat, amount in held.items():
            self.deposits[seat] = self.deposits.get(seat, 0.0) + amount
        if held:
            self.recorder.emit("deposit", phase="task", held=held)

    async def _step(self) -> None:
        """Ask all seats at once, and let the game take what they do."""
        turn = await ask_all(self.game, self.agents, self.view)
        now = len(self.steps)
        for seat, reason in turn.faults.items():
            self.note("forfeit", seat, step=now, moment="act", reason=reason)
            self.forfeits[seat] += 1
        # Substitutes decide too. Only seats that idle are not counted.
        self.decisions += turn.asked
        step = self.game.apply(turn.actions)
        self.steps.append(step)
        for seat, action in step.actions.items():
            said = turn.speech(seat, step)
            self.note("act", seat, step=now, action=action, **said)
        self.note("reward", None, step=now, rewards=step.rewards)

    def settle(
        self,
        division: Contract | None,
        credit: Credit | None,
        *,
        as_agreed: bool = False,
    ) -> Settlement:
        """Divide the pot and pay what was signed. `as_agreed` enforces all that was promised."""
        protocol = self.config.protocol
        return procedure.settle(
            self.game,
            procedure.binding(protocol) if as_agreed else protocol,
            self.contracts,
            self.steps,
            division=division,
            credit=credit,
            deadlock=self.deadlock,
            beliefs=self.beliefs,
            payers=self.payers,
        )

    def arbiter_divides(self, division: Contract | None) -> bool:
        """Return whether a table died and only its arbiter is left to divide the pot."""
        rule = self.config.protocol.split
        return procedure.arbiter_divides(
            rule, deadlock=self.deadlock, signed_division=division is not None
        )

    def raw(self) -> dict[Seat, float]:
        """Return each seat's total reward from the game so far."""
        return procedure.raw_rewards(self.game.seats, self.steps)

    def view(
        self,
        seat: Seat,
        table: TableView | None = None,
        credit: Credit | None = None,
        potential: Credit | None = None,
        holdings: Mapping[Seat, float] | None = None,
    ) -> View:
        """Return what one seat may see now."""
        return View(
            seat=seat,
            seats=self.present if table is not None else self.game.seats,
            game=self.game.name,
            episode=self.index,
            step=len(self.steps),
            facts=self.game.facts(seat),
            actions=tuple(self.game.legal(seat)),
            writes=self.game.writing(seat),
            protocol=self.config.protocol,
            contracts=tuple(self.contracts),
            table=table,
            talk=self.talk,
            steps=without_texts(self.steps),
            payoffs=holdings or {},
            measured=credit,
            potential=potential,
            outside=self.outside[seat],
            deposits=dict(self.deposits) if self.game.agents else {},
            frame=self.game.frame,
            lookahead=self.game.lookahead,
            outlook=self._outlook_of(seat, table),
        )

    def _outlook_of(
        self, seat: Seat, table: TableView | None
    ) -> Callable[[], Outlook | None] | None:
        """Return what works out what a seat's actions would bring it, if seats are shown that."""
        protocol = self.config.protocol
        # After play no action is left to choose.
        if not protocol.arithmetic or seat not in self.game.agents:
            return None
        standing = table.standing if table is not None and table.binds else None
        signed, steps = tuple(self.contracts), tuple(self.steps)
        play = (self.game, self.seed, protocol, signed, steps)
        return partial(outlook, *play, seat, standing)

    def note(self, kind: str, seat: Seat | None, **data: Any) -> None:
        """Write one event of the play."""
        self.recorder.emit(kind, phase="play", seat=seat, **data)
