"""The port of models: schemas of closed objects."""

from shapley_coop.interfaces.model import closed_object

NUMBER = {"type": "number"}
TEXT = {"type": "string"}


def test_every_property_of_a_closed_object_is_required_unless_some_are_named():
    assert closed_object({"price": NUMBER, "reason": TEXT}) == {
        "type": "object",
        "properties": {"price": NUMBER, "reason": TEXT},
        "required": ["price", "reason"],
        "additionalProperties": False,
    }
    some = closed_object({"price": NUMBER, "reason": TEXT}, required=["price"])
    assert some["required"] == ["price"]
