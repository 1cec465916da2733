"""SPO-tree: a node is where it stands, whatever its name and however deep it is."""

import math

import pytest

from shapley_coop.rl.assignment.evidence import Evidence, Node
from shapley_coop.rl.assignment.spec import assign_credit
from shapley_coop.rl.credit.spo_tree import spo_tree, tree_values
from shapley_coop.rl.trajectories.batch import Row, from_rows


def test_edges_of_a_tree_conserve_value() -> None:
    root = Node(
        "",
        (Node("0", reward=1.0), Node("1", (Node("0", reward=0), Node("1", reward=1)))),
    )
    edges = spo_tree(root, drop_zero=False)
    assert sum(e.advantage for e in edges if e.parent == "root") == pytest.approx(0)
    assert [e.child for e in edges] == ["root/0", "root/1", "root/1/0", "root/1/1"]
    with pytest.raises(ValueError, match="either children or a reward"):
        Node("x")


def test_the_reference_drops_an_edge_that_teaches() -> None:
    root = Node("", (Node("0", reward=2.0), Node("1", reward=0.0)))
    assert [e.child for e in spo_tree(root)] == ["root/0", "root/1"]
    assert [e.child for e in spo_tree(root, reference=True)] == ["root/1"]


@pytest.mark.parametrize("names", [("", ""), ("a", "a"), ("a", "a/0"), ("0/1", "0")])
def test_nodes_of_equal_or_colliding_names_stay_apart(names: tuple[str, str]) -> None:
    inner = Node(names[1], (Node(names[0], reward=3.0), Node(names[1], reward=5.0)))
    root = Node("", (Node(names[0], reward=1.0), inner))
    assert [(node.path, node.value) for node in tree_values(root)] == [
        ("root", 2.5),
        ("root/0", 1.0),
        ("root/1", 4.0),
        ("root/1/0", 3.0),
        ("root/1/1", 5.0),
    ]
    gains = {edge.child: edge.advantage for edge in spo_tree(root)}
    assert gains == {"root/0": -1.5, "root/1": 1.5, "root/1/0": -1.0, "root/1/1": 1.0}
    rows = [Row(episode, 0, values=[0.0]) for episode in range(3)]
    known = Evidence(trees={0: root}, node_R=["root/1/1", "root/0", "root/1"])
    credit = assign_credit("spo_tree", from_rows(rows), known)
    assert credit.row_R.tolist() == [1.0, -1.5, 1.5]


def test_a_tree_may_be_deeper_than_the_stack_of_python() -> None:
    depth = 3000
    node = Node("end", reward=1.0)
    for _ in range(depth):
        node = Node("", (node, Node("", reward=0.0)))
    values = tree_values(node)
    assert len(values) == 1 + 2 * depth
    assert values[0].value == pytest.approx(0.5**depth)
    edges = spo_tree(node, drop_zero=False)
    assert [edge.child for edge in edges[:2]] == ["root/0", "root/0/0"]
    assert edges[-1].child == "root/1"
    deepest = max(edges, key=lambda edge: len(edge.child))
    assert deepest.child.count("/") == depth
    assert deepest.advantage == 0.5


@pytest.mark.parametrize("path", ["root/7", "root", "0", "root/0/0", ""])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    root = Node("", (Node("0", reward=1.0), Node("1", reward=0.0)))
    batch = from_rows([Row(0, 0, values=[0.0]), Row(1, 3, values=[0.0])])
    known = Evidence(trees={0: root}, node_R=["root/0", path])
    with pytest.raises(ValueError, match=r"node_R is .* for episode 1, seat 0, turn 3"):
        assign_credit("spo_tree", batch, known)


def test_a_group_without_tree_is_refused() -> None:
    root = Node("", (Node("0", reward=1.0), Node("1", reward=0.0)))
    batch = from_rows([Row(0, 0, values=[0.0], group="A")])
    known = Evidence(trees={"A": root}, node_R=["root/0"])
    with pytest.raises(
        ValueError, match=r"no tree for group 0, .* it has A. Give each"
    ):
        assign_credit("spo_tree", batch, known)
    with pytest.raises(ValueError, match="node_R has 2 paths for 1 rows"):
        assign_credit(
            "spo_tree", batch, Evidence(trees={0: root}, node_R=["root/0"] * 2)
        )


@pytest.mark.parametrize("reward", [math.nan, math.inf])
def test_a_leaf_without_value_is_refused(reward: float) -> None:
    with pytest.raises(ValueError, match=f"reward of node 'x' is {reward}"):
        Node("x", reward=reward)
