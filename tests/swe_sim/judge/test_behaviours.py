"""What tests can do with code that runs in another process: nearly all that they could without."""

import pytest

from swe_sim.judge import Judge

CODE = {
    "shop/__init__.py": "from shop.basket import Basket, Item\n",
    "shop/basket.py": '''
from collections import namedtuple
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum, IntEnum

from .errors import ShopError, SoldOut

LIMIT = 3
Point = namedtuple("Point", "x y")


class Size(Enum):
    SMALL = 1
    LARGE = 2


class Level(IntEnum):
    LOW = 1


@dataclass
class Item:
    name: str
    price: Decimal = Decimal(1)
    tags: list = field(default_factory=list)


class Names(list):
    def longest(self):
        return max(self, key=len)


class Basket:
    def __init__(self, items=(), *, owner="nobody"):
        self.items = list(items)
        self._owner = owner
        self.size = Size.SMALL

    @property
    def owner(self):
        return self._owner

    @owner.setter
    def owner(self, name):
        if not name:
            raise ValueError("a name is empty")
        self._owner = name

    @classmethod
    def of(cls, *names):
        return cls([Item(name) for name in names])

    def __len__(self):
        return len(self.items)

    def __iter__(self):
        return iter(self.items)

    def __contains__(self, name):
        return any(item.name == name for item in self.items)

    def __getitem__(self, place):
        return self.items[place]

    def __add__(self, other):
        return Basket(self.items + other.items)

    def __eq__(self, other):
        return isinstance(other, Basket) and self.items == other.items

    def add(self, item):
        if len(self) >= LIMIT:
            raise SoldOut(item.name, LIMIT)
        self.items.append(item)
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.items.clear()
        return kind is KeyError


def sort_all(values, key=None):
    values.sort(key=key)


def fill(table, name):
    table.setdefault(name, []).append(len(table))
    return table


def each(function, values):
    return [function(value) for value in values]


def numbers(count):
    for number in range(count):
        yield number * number


def tell(text):
    print(f"told: {text}")


def clock():
    return 5


def later():
    return clock() + 1


def birthday():
    return date(2020, 2, 29), Decimal("0.10"), {1, 2}, 10**30, float("inf"), b"x"


def names(*words):
    return Names(words)


def lowest():
    return Level.LOW


def place():
    return Point(1, 2)


def twice(function):
    def doubled(*values):
        return 2 * function(*values)
    return doubled


def refuse(value, target, act="x"):
    raise ShopError(f"no {value} {target} {act}", 7)


def listed(source):
    return [value for value in source]
''',
    "shop/errors.py": '''
class ShopError(Exception):
    def __init__(self, words, code):
        super().__init__(words, code)
        self.code = code

    def __str__(self):
        return self.args[0]


class SoldOut(ShopError, LookupError):
    pass
''',
}  # fmt: skip

TESTS = {
    "tests/test_shop.py": '''
import unittest
from datetime import date
from decimal import Decimal
from math import inf

import pytest

import shop
import shop.basket as basket
from shop import Basket, Item
from shop.basket import LIMIT, Level, Point, Size, later
from shop.errors import ShopError, SoldOut


@pytest.fixture
def full():
    return Basket([Item("a"), Item("b"), Item("c")])


def test_plain_values():
    assert basket.birthday() == (
        date(2020, 2, 29), Decimal("0.10"), {1, 2}, 10**30, inf, b"x")
    assert LIMIT == 3 == basket.LIMIT


def test_arguments_are_changed_in_place():
    values = [[3, 1], [2]]
    inner = values[0]
    basket.sort_all(values, key=len)
    assert values == [[2], [3, 1]]
    assert values[1] is inner
    table = {}
    assert basket.fill(table, "a") is table
    assert table == {"a": [1]} or table == {"a": [0]}


def test_functions_go_both_ways():
    seen = []
    assert basket.each(lambda value: seen.append(value) or value + 1, [1, 2]) == [2, 3]
    assert seen == [1, 2]
    assert basket.each(str.upper, ["a"]) == ["A"]
    assert basket.each(abs, [-1]) == [1]
    assert basket.twice(lambda value: value + 1)(3) == 8
    words = ["ccc", "a"]
    basket.sort_all(words, key=lambda word: len(word))
    assert words == ["a", "ccc"]


def test_an_error_of_a_callback_passes_through():
    def fail(value):
        raise KeyError(value)
    with pytest.raises(KeyError, match="9"):
        basket.each(fail, [9])


def test_own_errors(full):
    with pytest.raises(SoldOut) as caught:
        full.add(Item("d"))
    assert caught.value.code == 3
    assert str(caught.value) == "d"
    assert isinstance(caught.value, (ShopError,)) and isinstance(caught.value, LookupError)
    with pytest.raises(ShopError, match="no 1 2 3"):
        basket.refuse(value=1, target=2, act=3)
    with pytest.raises(ValueError, match="empty"):
        full.owner = ""
    try:
        full.add(Item("e"))
    except SoldOut as error:
        assert error.args == ("e", 3)


def test_objects(full):
    assert len(full) == 3 and "a" in full and "z" not in full
    assert [item.name for item in full] == ["a", "b", "c"]
    assert full[0].name == "a" and full[-1] == Item("c")
    assert isinstance(full, Basket) and not isinstance(full, Item)
    assert full == Basket.of("a", "b", "c") and full != Basket()
    assert len(full + full) == 6
    full.owner = "ann"
    assert full.owner == "ann" and Basket(owner="bob").owner == "bob"
    assert full.size == Size.SMALL and full.size is not None
    assert {full.size: 1} == {Size.SMALL: 1}
    assert Item("x", tags=[1]).tags == [1]
    assert repr(Item("x")).startswith("Item(name='x'")


def test_classes_of_plain_types():
    names = basket.names("a", "bb")
    assert names == ["a", "bb"] and isinstance(names, list) and names.longest() == "bb"
    assert basket.lowest() == 1 and basket.lowest() == Level.LOW
    point = basket.place()
    assert point == (1, 2) and point.x == 1 and point == Point(1, 2)


def test_generators():
    assert list(basket.numbers(3)) == [0, 1, 4]
    steps = basket.numbers(2)
    assert next(steps) == 0 and next(steps) == 1
    with pytest.raises(StopIteration):
        next(steps)
    assert basket.listed(value for value in (1, 2)) == [1, 2]


def test_contexts(full):
    with full as inside:
        assert len(inside) == 3
        raise KeyError("swallowed")
    assert len(full) == 0


def test_output(capsys):
    basket.tell("x")
    assert capsys.readouterr().out == "told: x\\n"


def test_replaced_parts(monkeypatch):
    monkeypatch.setattr(basket, "clock", lambda: 10)
    assert later() == 11


def test_parts_are_whole_again():
    assert later() == 6


@pytest.mark.parametrize("size", [LIMIT, 1])
def test_parameters(size):
    assert isinstance(size, int)


class TestClass:
    def test_method(self, full):
        assert full.add.__name__ == "add"


class TestCase(unittest.TestCase):
    def test_method(self):
        self.assertEqual(Basket().owner, "nobody")
        with self.assertRaises(ShopError):
            basket.refuse(1, 2)
''',
}  # fmt: skip


@pytest.fixture(scope="module")
def verdict():
    with Judge() as judge:
        yield judge.rate(CODE, TESTS)


NAMES = (
    *("plain_values", "arguments_are_changed_in_place", "functions_go_both_ways"),
    *("an_error_of_a_callback_passes_through", "own_errors", "objects"),
    *("classes_of_plain_types", "generators", "contexts", "output", "replaced_parts"),
    *("parts_are_whole_again", "parameters[3]", "parameters[1]"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_test_passes_as_in_one_process(verdict, name):
    assert verdict.tests.get(f"tests/test_shop.py::test_{name}"), verdict.why


@pytest.mark.parametrize("name", ["TestClass::test_method", "TestCase::test_method"])
def test_classes_of_tests_pass(verdict, name):
    assert verdict.tests.get(f"tests/test_shop.py::{name}"), verdict.why


def test_the_same_tests_pass_in_one_process():
    with Judge() as judge:
        verdict = judge.rate(CODE, TESTS, together=True)
    assert verdict.rate == 1, verdict.why
