"""Lines of a transcript: what is joined, what comes at once, what seats say of the world."""

from shapley_coop.records import Step
from shapley_coop.runs.report.transcript.lines import TalkLine, Teller, dialogue


def event(kind, seat=None, phase="task", round_=1, **data):
    return {"kind": kind, "phase": phase, "round": round_, "seat": seat, "data": data}


def move(seat, kind, round_=1, say=""):
    return event("say", seat, round_=round_, move={"kind": kind, "say": say})


def beliefs(seat, **values):
    stated = {"values": values, "pot": 9.0, "externality": "positive", "reason": "so"}
    return event("say", seat, beliefs=stated, phi={"a": 4.5, "b": 4.5})


def test_silent_waits_are_told_briefly_round_by_round():
    events = [
        event("view", "a"), move("a", "wait"), event("view", "b"), move("b", "wait"),
        event("view", "a", round_=2), move("a", "wait", 2),
        event("view", "b", round_=2), move("b", "wait", 2, say="I think."),
    ]  # fmt: skip
    told = [
        (line.round, line.seat, line.does, line.says) for line in dialogue(events, ())
    ]
    assert told == [
        (1, "a and b", "wait", ""),
        (2, "a", "waits", ""),
        (2, "b", "waits", "I think."),
    ]


def test_what_seats_believe_is_joined_and_not_repeated():
    twice = [beliefs("a", nobody=0), beliefs("b", nobody=0)]
    lines = dialogue([*twice, *twice, beliefs("a", nobody=1)], ())
    assert [line.seat for line in lines] == ["each of a and b", "each of a and b", "a"]
    assert lines[0].says == "so"
    assert lines[0].terms == (
        "v(nobody) = 0.00",
        "pot 9.00, what it does helps the others",
        "so the engine computes: a 4.50, b 4.50",
    )
    assert lines[1].does == "believes what it believed before"
    assert lines[1].terms == ()
    assert "v(nobody) = 1.00" in lines[2].terms


def test_many_beliefs_stand_by_size_and_none_is_left_out():
    labels = ["nobody", "a", "b", "c", "d", "a+b", "c+d", "everyone but a", "everyone"]
    labels += [f"a+b+{i}" for i in range(5)]
    values = {label: float(i) for i, label in enumerate(labels)}
    (line,) = dialogue([beliefs("a", **values)], ())
    assert line.terms[0].startswith("v(nobody) = 0.00, v(a) = 1.00")
    assert line.terms[1] == "v(a+b) = 5.00, v(c+d) = 6.00"
    assert line.terms[3] == "v(everyone but a) = 7.00, v(everyone) = 8.00"
    whole = ", ".join(line.terms)
    for label, value in values.items():
        assert f"v({label}) = {value:.2f}" in whole


def test_stated_shares_and_a_contradiction_are_told():
    stated = {
        "shares": {"a": 3.0, "b": 6.0},
        "pot": 9.0,
        "own": 10.0,
        "externality": "negative",
    }
    data = {"phi": {"a": 3.0, "b": 6.0}, "contradiction": "they sum to 9, not to 10"}
    (line,) = dialogue([event("say", "a", beliefs=stated, **data)], ())
    assert line.terms == (
        "stated shares: a 3.00, b 6.00",
        "pot 9.00, the game pays it 10.00, what it does harms the others",
        "contradiction: they sum to 9, not to 10",
    )


def test_who_watches_hears_a_line_before_the_next_is_asked():
    teller = Teller(live=True)
    assert teller.hear(move("a", "accept"))[0].does == "accepts"
    assert teller.hear(beliefs("a", nobody=0)) == []
    assert teller.hear(beliefs("b", nobody=0)) == []
    assert [line.seat for line in teller.hear(event("view", "a"))] == [
        "each of a and b"
    ]
    assert teller.end() == []


def test_a_step_shows_deeds_and_what_seats_said_of_the_world():
    fields = {"seat": "a", "place": "start"}
    thought = {
        "reasoning": "world-model",
        "state": [{"kind": "place", "fields": fields}],
        "reason": "the door \x1b[2Jpays",
        "prediction": "the door opens",
    }
    events = [
        event("act", "a", "play", None, step=0, action="door", thought=thought),
        event("act", "b", "play", None, step=0, action="lever"),
        event("reward", None, "play", None, step=0, rewards={"a": 10.0, "b": -1.0}),
    ]
    (line,) = dialogue(events, (Step(actions={"a": "door"}, rewards={"a": 1}),))
    assert line == TalkLine(
        "Play",
        None,
        "",
        "step 0: a door (+10.00); b lever (-1.00)",
        "",
        (
            "a says that now: place (seat a, place start)",
            "a expects then: “the door opens”",
            "a because “the door pays”",
        ),
    )


def test_steps_without_events_are_told_from_the_record_before_the_division():
    step = Step(actions={"a": "door"}, rewards={"a": 1, "b": 2})
    split = event("say", "a", phase="split", move={"kind": "wait", "say": ""})
    first, second, last = dialogue([split], (step, step))
    assert first.does == "step 0: a door (+1.00); b is paid +2.00"
    assert second.does.startswith("step 1")
    assert last.part == "After play"
