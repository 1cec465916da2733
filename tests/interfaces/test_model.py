"""The port of models: schemas of closed objects."""

from shapley_coop.interfaces.model import closed_object

NUMBER = {"type": "number"}
TEXT = {"type": "string"}


def test_a_closed_object_holds_its_properties_and_no_others():
    assert closed_object({"price": NUMBER, "reason": TEXT}) == {
        "type": "object",
        "properties": {"price": NUMBER, "reason": TEXT},
        "required": ["price", "reason"],
        "additionalProperties": False,
    }
