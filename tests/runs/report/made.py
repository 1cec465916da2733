"""Runs made by hand: a played pair, a hostile pair, a crowd of a thousand, and one with nothing."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shapley_coop.config.resolve import resolve
from shapley_coop.records import (
    Accept,
    AtLeast,
    Beliefs,
    Clause,
    Contract,
    Counter,
    Credit,
    Does,
    Episode,
    Offer,
    Propose,
    SeatCredit,
    Step,
    Terms,
    Transfer,
)
from shapley_coop.runs.store import EpisodeRecorder, RunFolder, RunWriter

PAIR = ("player_0", "player_1")
HOSTILE = (
    "[bold red]ruled[/] \x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07\n"
    "# heading <script>alert(1)</script> [click](http://evil.example) www.evil.example\r\n"
    "| cell | `code` *strong* \u202egnp.exe \u200b ![x](y) [/bold]"
)


def talk(
    recorder: EpisodeRecorder, phase: str, seat: str, move: Any, round_: int = 1
) -> None:
    kind = "offer" if move.kind in ("propose", "counter") else "say"
    recorder.emit(
        kind, phase=phase, round=round_, seat=seat, move=move.model_dump(mode="json")
    )


def pair_episode(index: int, says: str = "") -> Episode:
    clause = Clause(
        payer="player_1",
        payee="player_0",
        price=5.5,
        condition=Does(seat="player_0", action="lever", step=0),
    )
    offer = Offer(
        id=1, author="player_0", round=1, terms=Terms(clauses=(clause,)), rationale=says
    )
    column = {"agreed": 4.5, "measured": 4.5, "final": 4.5, "outside": -1.0}
    return Episode(
        index=index,
        seed=40 + index,
        seats=PAIR,
        steps=(
            Step(
                actions={"player_0": "lever", "player_1": "door"},
                rewards={"player_0": -1, "player_1": 10},
            ),
        ),
        outcomes=("escaped",),
        success=True,
        contracts=(Contract(offer=offer, signatures=PAIR),),
        raw={"player_0": -1, "player_1": 10},
        payoffs={"player_0": 4.5, "player_1": 4.5},
        transfers=(
            Transfer(
                payer="player_1", payee="player_0", micro=5_500_000, reason="clause"
            ),
        ),
        rounds=1 + index % 2,
        forfeits={"player_1": index % 2},
        decisions=6,
        credit=Credit(
            values=dict.fromkeys(PAIR, 4.5),
            stderr=dict.fromkeys(PAIR, 0.0),
            method="exact",
            worth="oracle",
            absence="removed",
            empty=0,
            grand=9,
            evaluations=4,
            coalitions={"nobody": 0, "player_0": 0, "player_1": 0, "everyone": 9},
        ),
        columns={
            "player_0": SeatCredit(claimed=6.0, **column),
            "player_1": SeatCredit(claimed=4.0, **column),
        },
        calls=7,
        tokens=1234,
        seconds=2.5,
    )


def pair_talk(recorder: EpisodeRecorder, episode: Episode, says: str) -> None:
    terms = episode.contracts[0].offer.terms
    cheaper = Terms(clauses=(terms.clauses[0].model_copy(update={"price": 2.0}),))
    values = {"nobody": 0, "player_0": -1, "player_1": -1, "everyone": 9}
    beliefs = Beliefs(pot=9, externality="positive", values=values, reason=says)
    for seat in PAIR:
        recorder.emit(
            "say",
            phase="task",
            round=0,
            seat=seat,
            beliefs=beliefs,
            phi=dict.fromkeys(PAIR, 4.5),
        )
    talk(
        recorder,
        "task",
        "player_0",
        Propose(terms=terms, say=says or "I hold the lever."),
    )
    talk(recorder, "task", "player_1", Counter(terms=cheaper, say="Two is enough."))
    recorder.emit(
        "forfeit",
        phase="task",
        round=2,
        seat="player_0",
        moment="negotiate",
        reason=says,
    )
    talk(recorder, "task", "player_0", Counter(terms=terms, say="I lose one by it."), 2)
    talk(recorder, "task", "player_1", Accept(offer=3, say="Done."), 2)
    recorder.emit("sign", phase="task", round=2, offer=3, signatures=list(PAIR))
    recorder.emit("act", phase="play", seat="player_0", step=0, action="lever")
    halves = Terms(shares=dict.fromkeys(PAIR, 0.5))
    talk(recorder, "split", "player_0", Propose(terms=halves, say="We are even."))


def crowd_episode(size: int) -> Episode:
    seats = tuple(f"player_{i}" for i in range(size))
    pullers, leavers = seats[: size * 3 // 10], seats[size * 3 // 10 :]
    clauses = tuple(
        Clause(
            payer=leavers[i % len(leavers)],
            payee=puller,
            price=8,
            condition=AtLeast(seat=puller, action="lever", times=1),
        )
        for i, puller in enumerate(pullers)
    )
    raw = {**dict.fromkeys(pullers, -1.0), **dict.fromkeys(leavers, 10.0)}
    offer = Offer(id=1, author=seats[0], round=1, terms=Terms(clauses=clauses))
    return Episode(
        index=0,
        seed=1,
        seats=seats,
        steps=(
            Step(
                actions={s: "lever" if s in pullers else "door" for s in seats},
                rewards=raw,
            ),
        ),
        success=True,
        contracts=(Contract(offer=offer, signatures=seats),),
        raw=raw,
        payoffs={s: 7.0 if s in pullers else raw[s] for s in seats},
        transfers=tuple(
            Transfer(payer=c.payer, payee=c.payee, micro=8_000_000, reason="clause")
            for c in clauses
        ),
        rounds=1,
        columns={
            s: SeatCredit(measured=6.7, final=7, outside=-1, stderr=0.1) for s in seats
        },
        credit=Credit(
            values=dict.fromkeys(seats, 6.7),
            stderr=dict.fromkeys(seats, 0.1),
            method="by kinds",
            worth="replay",
            absence="removed",
            empty=0,
            grand=6700,
            evaluations=301 * 701,
        ),
    )


def ticks() -> Iterator[float]:
    now = 1_800_000_000.0
    while True:
        yield now
        now += 0.5


def make_run(
    runs: Path,
    episodes: Sequence[Episode],
    says: str = "",
    *,
    finish: bool = True,
    **game: Any,
) -> RunFolder:
    config = resolve(
        {
            "game": {"id": "no.such.package:EscapeRoom", **game},
            "seats": {"player_1": "breaker"},
            "run": {"episodes": max(1, len(episodes))},
        }
    )
    with RunWriter.create(runs, config, clock=ticks().__next__) as writer:
        for episode in episodes:
            recorder = writer.recorder(episode.index)
            if episode.seats == PAIR and episode.contracts:
                pair_talk(recorder, episode, says)
            recorder.finish(episode)
        if finish:
            writer.finish("done", {})
        return RunFolder.open(writer.path)
