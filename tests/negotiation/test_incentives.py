"""What protocols say that they reward, held to what a seat gains by acting otherwise."""

import pytest

from benchmarks.games.incentives import gains, split_name, variants
from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.negotiation.incentives import incentives, incentives_text
from shapley_coop.records import TOLERANCE


def named(protocol):
    return f"{protocol.name}-{protocol.settlement}-{split_name(protocol)}"


def pays(gain):
    return None if gain is None else gain > TOLERANCE


@pytest.mark.parametrize("protocol", list(variants()), ids=named)
def test_a_protocol_says_what_it_rewards(protocol):
    said = incentives(protocol, settlement_mode(protocol.settlement))
    breach, lie = gains(protocol)
    assert said.breach_pays is pays(breach)
    assert said.lie_pays is pays(lie)


@pytest.mark.parametrize(
    ("protocol", "changes", "text"),
    [
        ("solo", {}, "no beliefs are asked for; no action is promised"),
        ("neg", {}, "no beliefs are asked for; no action is promised"),
        ("talk", {"settlement": "escrow"}, "price or the fine that is signed, and the"),
        ("talk", {"settlement": "cheap-talk"}, "a breach pays, since nothing that is"),
        ("talk", {"settlement": "cheap-talk", "split": "equal"}, "breach no gain in"),
        ("talk", {"settlement": "honour"}, "a breach pays, since nothing that is"),
        ("talk", {"liability": "limited"}, "as far as its seat holds more than"),
        ("shapley-coop", {}, "a false belief gains nothing"),
        ("shapley-coop", {"split_on_beliefs": True}, "a false belief pays, since what"),
        ("talk", {"settlement": "elsewhere"}, "'elsewhere' is not installed here"),
    ],
)
def test_the_verdicts_are_said_in_words(protocol, changes, text):
    varied = PROTOCOLS[protocol].model_copy(update=changes)
    assert text in incentives_text(varied)
