"""scikit-learn's trees as the arrays of a Forest."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.networks.trees import Forest, rounded_down


@dataclass(frozen=True)
class Tree:
    """One tree, of as many nodes as each array is long; a left child is right behind its parent.

    Attributes:
        feature: place of the column that is asked; anything of a leaf.
        threshold: a value at most this goes left.
        missing_left: bool, whether a missing value does.
        right: place of the right child; 0 of a leaf.
        value: [nodes, size], what a leaf adds; anything of an inner node.
        depth: steps from the first node to the farthest leaf.
    """

    feature: Array
    threshold: Array
    missing_left: Array
    right: Array
    value: Array
    depth: int


def of_extra_tree(tree: Any, value: Array, medians: Array, enlarged: Array) -> Tree:
    """Of scikit-learn's `tree_`, which read medians [columns] in place of missing values.

    Args:
        tree: that is read.
        value: as of `Tree`.
        medians: float32.
        enlarged: [columns], powers of two that each was multiplied by.
    """
    inner = tree.children_left > 0
    _require_order(tree.children_left, inner)
    feature = np.where(inner, tree.feature, 0)
    threshold = tree.threshold / enlarged[feature].astype("float64")
    return Tree(
        feature=feature,
        threshold=threshold,
        missing_left=medians[feature] <= threshold,
        right=np.where(inner, tree.children_right, 0),
        value=value,
        depth=tree.max_depth,
    )


def of_boosted_tree(nodes: Array) -> Tree:
    """Of the nodes of one of scikit-learn's gradient boosting's predictors."""
    inner = nodes["is_leaf"] == 0
    _require_order(nodes["left"], inner)
    return Tree(
        feature=np.where(inner, nodes["feature_idx"], 0),
        threshold=nodes["num_threshold"],
        missing_left=nodes["missing_go_to_left"] > 0,
        right=np.where(inner, nodes["right"], 0),
        value=nodes["value"][:, None],
        depth=int(nodes["depth"].max()),
    )


_ZERO = np.zeros(1, int)
NOTHING = Tree(  # adds 0
    feature=_ZERO,
    threshold=np.zeros(1),
    missing_left=np.zeros(1, bool),
    right=_ZERO,
    value=np.zeros((1, 1)),
    depth=0,
)


def forest(trees: Sequence[Tree], order: Array, bias: Array) -> Forest:
    """Trees as one Forest.

    Args:
        trees: that add up.
        order: the place of each column that the trees know.
        bias: [outputs], as of Forest.
    """
    sizes = np.array([len(tree.feature) for tree in trees])
    start = np.cumsum(sizes) - sizes  # [trees]
    right = np.concatenate([tree.right for tree in trees])  # [nodes]
    is_leaf = right == 0
    child = np.where(is_leaf, -np.cumsum(is_leaf), right + np.repeat(start, sizes))
    feature = order[np.concatenate([tree.feature for tree in trees])]
    missing_left = np.concatenate([tree.missing_left for tree in trees])
    return Forest(
        feature=np.where(missing_left, ~feature, feature).astype("int32"),
        threshold=rounded_down(np.concatenate([tree.threshold for tree in trees])),
        child=child.astype("int32"),
        value=np.concatenate([tree.value for tree in trees])[is_leaf].astype("float32"),
        start=start.astype("int32"),
        bias=np.asarray(bias, "float32"),
        depth=max(tree.depth for tree in trees),
    )


def _require_order(left: Array, inner: Array) -> None:
    """A left child right behind its parent, as all releases of scikit-learn have it so far."""
    if (left[inner] != np.flatnonzero(inner) + 1).any():
        raise RuntimeError("this release of scikit-learn orders the nodes of a tree otherwise")
