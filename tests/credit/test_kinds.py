"""The worth kinds by name: what each says of itself, and what stands in for a missing one."""

import re

import pytest

from shapley_coop.credit.worth.kinds import sentence, worth_method
from shapley_coop.errors import PluginError
from shapley_coop.interfaces.plugins import names


@pytest.mark.parametrize(
    "kind", ["belief", "forecast", "oracle", "realised", "replay", "rollout"]
)
def test_a_kind_is_found_by_its_name_and_says_a_sentence(kind):
    method = worth_method(kind)
    assert method.name == kind
    assert sentence(kind) == method.sentence
    assert re.fullmatch(r"[A-Z].*\.", method.sentence)


def test_an_unknown_kind_is_told_with_those_that_exist():
    known = ", ".join(names("worths"))
    with pytest.raises(PluginError, match=f"unknown worth 'guess'.*{known}"):
        worth_method("guess")


def test_what_is_no_worth_kind_is_refused():
    with pytest.raises(PluginError, match="must extend"):
        worth_method("builtins:dict")


def test_a_report_can_be_read_where_a_kind_is_not_installed():
    assert sentence("elsewhere") == "The worth kind 'elsewhere' is not installed here."
