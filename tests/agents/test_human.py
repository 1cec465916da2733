"""A person at the terminal, with input fed in: wrong answers are asked again, talk is plain."""

import asyncio
import io
import sys
from dataclasses import replace

import pytest

from shapley_coop.agents.human import Human
from shapley_coop.config.seeds import generator
from shapley_coop.errors import InputError
from shapley_coop.interfaces.agent import Place, Utterance, Written
from shapley_coop.interfaces.deals.stance import Stance
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Credit, Intend, Offer, Propose, Step, Terms
from tests.agents.conditions import CASES, COURSES
from tests.agents.rules.test_rational import table_view
from tests.agents.test_conditions import GAME, answers, settled_as
from tests.fixtures.plays import configured, played

# All but the last answers of an offer.
BIT = ("", "player_0", "player_1", "5", "player_1")


@pytest.fixture
def typed(monkeypatch):
    def feed(*lines):
        monkeypatch.setattr(
            sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines))
        )

    return feed


def human():
    return Human(
        Place(seat="player_0", game=load("games", "escape-room")(), rng=generator(0))
    )


def view(**changes):
    facts = load("games", "escape-room")().facts("player_0")
    return replace(table_view("player_0"), facts=facts, **changes)


def ask(moment, seen):
    return asyncio.run(getattr(human(), moment)(seen))


def test_an_action_is_asked_until_it_is_legal(typed, capsys):
    typed("fly", "lever")
    assert ask("act", view(table=None)) == "lever"
    shown = capsys.readouterr()
    assert "door" in shown.err
    assert shown.out == ""


def test_a_text_of_lines_ends_with_a_dot_and_has_a_way_back(typed, capsys):
    seen = view(table=None, actions=("lever", "note"), writes=("note",))
    typed("note", "  a", "", "..", "...", ".")
    assert ask("act", seen) == Written("note", "  a\n\n.\n...\n")
    typed("note", "half", ".back", "lever")
    assert ask("act", seen) == "lever"
    typed("note", ".")
    assert ask("act", seen) == Written("note", "")
    typed("note", "a\0b", ".", "ab", ".")
    assert ask("act", seen) == Written("note", "ab\n")
    assert "NUL" in capsys.readouterr().err


def test_a_text_is_asked_for_where_one_action_is_legal(typed):
    seen = view(table=None, actions=("note",), writes=("note",))
    typed("x", ".back", "y", ".")
    assert ask("act", seen) == Written("note", "y\n")


def test_moves_at_the_table(typed):
    for kind in ("accept", "reject", "halt"):
        typed(kind, "so be it")
        move = ask("negotiate", view())
        assert (move.kind, move.say) == (kind, "so be it")
    open_ = view()
    open_ = replace(
        open_, table=replace(open_.table, legal=("propose", "wait"), standing=None)
    )
    typed("wait")
    assert ask("negotiate", open_).kind == "wait"
    assert ask("negotiate", view(table=None)).kind == "wait"


def test_an_offer_is_asked_piece_by_piece_and_again_where_it_makes_no_sense(
    typed, capsys
):
    bad = ("counter", "", "player_0", "player_1", "-3", "player_1", "lever", "n")
    good = ("", "player_0", "player_1", "5.5", "player_1", "lever", "y")
    more = ("player_1", "player_0", "1", "player_0", "door", "n", "fair enough")
    typed(*bad[:-1], *good, *more)
    move = ask("negotiate", view())
    assert [(c.payer, c.price, c.condition.action) for c in move.terms.clauses] == [
        ("player_0", 5.5, "lever"),
        ("player_1", 1.0, "door"),
    ]
    assert move.say == "fair enough"
    shown = capsys.readouterr().err
    assert "cannot be offered: price: Input should be greater than or equal" in shown
    assert "pydantic" not in shown
    assert "input_value" not in shown


def test_whoever_is_paid_is_paid_for_what_it_does_itself(typed):
    for payer, payee in (("player_0", "player_1"), ("player_1", "player_0")):
        typed("counter", "", payer, payee, "1", "", "lever", "n", "")
        (clause,) = ask("negotiate", view()).terms.clauses
        assert clause.condition.seat == clause.payee == payee


def test_a_person_is_asked_for_what_a_seat_is_offered_now(typed, capsys):
    seen = view()
    table = replace(seen.table, schedule=({"player_1": ("lever",)},))
    typed("counter", "", "player_0", "player_1", "1", "", "door", "lever", "n", "")
    (clause,) = ask("negotiate", replace(seen, table=table)).terms.clauses
    assert clause.condition.action == "lever"
    assert "does what [lever/back]" in capsys.readouterr().err


@pytest.mark.parametrize(
    "half", [(), ("",), ("", "player_0"), ("", "player_0", "player_1"), BIT]
)
def test_an_offer_is_taken_back_at_any_of_its_questions(typed, half):
    typed("counter", *half, "back", "reject", "no")
    assert ask("negotiate", view()).kind == "reject"


def test_a_division_is_taken_back(typed):
    seen = view()
    typed("counter", "50", "back", "reject", "")
    move = ask("negotiate", replace(seen, table=replace(seen.table, phase="split")))
    assert move.kind == "reject"


def test_a_person_with_one_action_is_not_asked_for_it(typed, capsys):
    typed()
    assert ask("act", view(table=None, actions=("door",))) == "door"
    assert "You can only door." in capsys.readouterr().err


def test_a_person_is_told_all_that_a_model_is_told(typed, capsys):
    seats = ("player_0", "player_1")
    credit = dict.fromkeys(seats, 4.5)
    measured = Credit(
        values=credit,
        stderr={},
        method="exact",
        worth="realised",
        absence=None,
        empty=0.0,
        grand=9.0,
        evaluations=4,
    )
    seen = view(
        payoffs={"player_0": 10.0, "player_1": -1.0},
        measured=measured,
        potential=measured,
        stance=Stance("offer", 10.0, 5.5),
        steps=(Step(actions=dict.fromkeys(seats, "door"), rewards=credit),),
    )
    standing = Offer(
        id=1,
        author="player_1",
        round=1,
        terms=Terms(shares={"player_0": 0.75, "player_1": 0.25}),
    )
    table = replace(seen.table, phase="split", standing=standing)
    typed("accept", "")
    ask("negotiate", replace(seen, table=table))
    shown = " ".join(capsys.readouterr().err.split())
    for part in (
        "Step 0:",
        "The total of 9 can be divided anew if all agree. Otherwise: player_0 10",
        "Contributions as played: player_0 4.5, player_1 4.5.",
        "whatever is played: player_0 4.5",
        "So offer to pay. Pay at most 5.5.",
        "The standing offer leaves you 6.75.",
    ):
        assert part in shown, part


def test_a_division_is_asked_in_percent(typed):
    seen = view()
    typed("counter", "50", "40", "60", "40", "")
    move = ask("negotiate", replace(seen, table=replace(seen.table, phase="split")))
    assert move.terms.shares == {"player_0": 0.6, "player_1": 0.4}


def test_beliefs_are_asked_by_coalition(typed):
    typed("0", "-1", "-1", "nine", "9", "positive", "10")
    beliefs = ask(
        "believe", view(coalitions=("nobody", "player_0", "player_1", "everyone"))
    )
    assert beliefs.values["everyone"] == beliefs.pot == 9
    assert beliefs.own == 10


def test_of_many_seats_their_shares_are_asked(typed):
    seats = tuple(f"player_{i}" for i in range(5))
    typed("10", "1", "2", "3", "4", "0", "none", "2.5")
    beliefs = ask("believe", view(shares_of=seats))
    assert beliefs.shares == dict(zip(seats, (1, 2, 3, 4, 0), strict=True))
    assert (beliefs.pot, beliefs.own, beliefs.values) == (10, 2.5, {})


@pytest.mark.parametrize(
    ("stance", "words"),
    [
        (Stance("offer", 10.0, 5.5), "So offer to pay. Pay at most 5.5."),
        (Stance("ask", -1.0, -5.5), "So ask to be paid. Ask for at least 5.5."),
        (Stance("ask"), "So ask to be paid."),
        (Stance("neither", 4.5, 0.0), "So you need neither pay nor be paid."),
    ],
)
def test_a_person_is_told_what_follows_from_its_own_beliefs(
    typed, capsys, stance, words
):
    typed("accept", "")
    ask(
        "negotiate",
        view(stance=stance, contradiction="a pot of 1.00, but 2.00 for everyone"),
    )
    shown = " ".join(capsys.readouterr().err.split())
    assert words in shown
    assert "you stated a pot of 1.00, but 2.00 for everyone." in shown


def test_talk_of_others_is_shown_without_markup_or_escapes(typed, capsys):
    said = Propose(terms=Terms(), say="[bold]x[/bold] \x1b[31mred\x1b[0m [/]")
    seen = view(phi={"player_0": 4.5, "player_1": 4.5})
    table = replace(seen.table, history=(Utterance(1, "player_1", said),))
    typed("accept", "")
    ask("negotiate", replace(seen, table=table))
    shown = capsys.readouterr().err
    assert "[bold]x[/bold] red [/]" in shown
    assert "4.5" in shown


@pytest.mark.parametrize(
    ("settlement", "binds", "words"),
    [
        ("binding", True, "First you may sign contracts"),
        ("cheap-talk", True, "Nobody enforces them."),
        ("binding", False, "Nobody is bound by anything said here."),
    ],
)
def test_a_person_is_told_what_a_signature_is_worth(
    typed, capsys, settlement, binds, words
):
    seen = view()
    protocol = seen.protocol.model_copy(update={"settlement": settlement})
    table = replace(seen.table, binds=binds)
    typed("accept", "")
    ask("negotiate", replace(seen, protocol=protocol, table=table))
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_person_tells_what_it_means_to_do(typed, capsys):
    seen = view()
    said = (Utterance(1, "player_1", Intend(action="door", say="so there")),)
    table = replace(
        seen.table, legal=("intend", "wait"), history=said, standing=None, binds=False
    )
    typed("intend", "lever", "")
    move = ask("negotiate", replace(seen, table=table))
    assert move == Intend(action="lever")
    assert 'player_1: intend door ("so there")' in capsys.readouterr().err
    typed("lever")
    ask("act", replace(seen, table=None, talk=said))
    assert 'player_1: intend door ("so there")' in capsys.readouterr().err


def test_input_that_ends_is_told_and_is_no_crash(typed):
    typed()
    for moment in ("act", "believe", "negotiate"):
        with pytest.raises(InputError, match="input ended"):
            ask(moment, view(coalitions=("everyone",)))


def test_a_person_plays_a_whole_episode(typed):
    typed("accept", "", "lever")
    episode, _ = played(configured(seats={"player_1": "human"}, protocol="talk"))
    assert episode.payoffs == {"player_0": 4.5, "player_1": 4.5}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_person_says_it_and_it_is_signed_settled_and_shown(typed, case):
    typed("propose", case.sentence, "it is fair", *COURSES["player_0"])
    config = configured(
        "prisoners-dilemma", agent="llm", seats={"player_0": "human"}, **GAME
    )
    episode, tape = played(config, answer=answers("", tags=False))
    assert tape.of("forfeit") == []
    assert settled_as(episode, case)


def test_a_sentence_that_cannot_be_offered_is_told_why_and_asked_again(typed, capsys):
    typed(
        "counter",
        "player_0 owes player_1 3",
        "player_0 pays player_1 3 if player_1 does fly",
        "player_0 pays player_1 3 if player_1 does lever at step 4",
        "player_0 pays player_1 3 if player_1 does lever",
        "",
    )
    (clause,) = ask("negotiate", view()).terms.clauses
    assert clause.condition.action == "lever"
    shown = " ".join(capsys.readouterr().err.split())
    assert "is no clause; write PAYER pays PAYEE PRICE if SEAT does ACTION" in shown
    assert "unknown action 'fly'; known: door, lever" in shown
    assert "a clause is about step 4; only step 0 is left" in shown
