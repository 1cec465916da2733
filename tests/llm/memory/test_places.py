"""Recorded answers by their place in a play."""

from shapley_coop.interfaces.model import Reply, Usage
from shapley_coop.llm.memory.places import Places
from shapley_coop.llm.money.amounts import Occasion


def call(seat, purpose, text):
    reply = Reply(text=text, usage=Usage(prompt=1, completion=1), source="live")
    return {
        "seat": seat,
        "episode": 0,
        "purpose": purpose,
        "reply": reply.model_dump(),
    }


def test_answers_come_in_the_order_of_each_seat_and_purpose_and_each_once():
    places = Places(
        [
            call("a", "task/negotiate", "first"),
            call("b", "task/negotiate", "other"),
            call("a", "play/act", "deed"),
            call("a", "task/negotiate", "second"),
        ]
    )
    talks = Occasion("a", 0, "task/negotiate")
    assert places.next_reply(talks).text == "first"
    again = places.next_reply(talks)
    assert (again.text, again.source) == ("second", "cassette")
    assert places.next_reply(talks) is None
    assert places.next_reply(Occasion("b", 0, "task/negotiate")).text == "other"
    assert places.next_reply(Occasion("a", 0, "play/act")).text == "deed"
    assert places.next_reply(Occasion("a", 1, "play/act")) is None
