"""Whether the words of a Spec name something, before TensorFlow is imported to look them up.

Names stand in the sources of those that have them: a word that stands in none is a typo. What
does is looked up in earnest by kerasfeat.experiment.setup.
"""

import ast
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

import hub_models
import kerasfeat
from kerasfeat import KerasfeatError
from kerasfeat.choices import DECODERS, SPLITS, STRATEGIES, require_choice
from kerasfeat.experiment.spec import Spec
from kerasfeat.experiment.strategies import require_possible
from kerasfeat.recipes import recipes
from kerasfeat.registry import unknown
from kerasfeat.songs import schema
from kerasfeat.songs.loading import absolute
from kerasfeat.tasks import tasks

HOME = Path(kerasfeat.__file__).parent
TRUNKS, FRONTENDS = HOME / "networks" / "trunks", HOME / "audio" / "frontends"
TRAINING = (HOME / "experiment" / "hyperparameters.py", HOME / "audio" / "augmentation.py")
PLUGINS = ("kerasfeat.frontends", "kerasfeat.trunks", "hub_models.backbones")


def require_known(asked: Spec) -> None:
    """Refuse names, choices and paths that there are not.

    Raises:
        KerasfeatError: one is unknown, or can't be on this machine.
    """
    require_choice("split", asked.split, SPLITS)
    require_choice("decoder", asked.decoder, DECODERS)
    if asked.strategy is not None:
        require_choice("strategy", asked.strategy, STRATEGIES)
        require_possible(asked.strategy)
    recipe = recipes.get(asked.recipe)
    if asked.task or recipe.task:
        tasks.get(asked.task or recipe.task or "")
    if not (_names_may_stand_elsewhere() or sys.modules.get("tensorflow")):
        _require_names(asked)
    for path in (*asked.reused, *([] if asked.data is None else [asked.data])):
        if not absolute(path).exists():
            raise KerasfeatError(
                f"{path} doesn't exist. Give a table or folder of songs as --data, and finished "
                "runs as --from."
            )


def _names_may_stand_elsewhere() -> bool:
    """Whether plug-ins have members; those that a program added itself have imported TensorFlow."""
    return any(entry_points(group=group) for group in PLUGINS)


def _require_names(asked: Spec) -> None:
    backbones = tuple(hub_models.names())
    inputs = {*schema.GROUPS, *_front_ends()}
    for name in asked.inputs:
        if name not in inputs and not name.startswith(backbones):
            raise unknown("input", name, inputs | set(backbones))
    if asked.model and asked.model not in _trunks():
        raise unknown("model", asked.model, _trunks())
    for name in asked.hyperparameters:
        beginning, point, last = name.rpartition(".")
        if last not in parameters():
            known = (f"{beginning}{point}{own}" for own in sorted(parameters()))
            raise unknown("hyperparameter", name, known)


@lru_cache
def _trunks() -> dict[str, ast.FunctionDef]:
    """The functions that are trunks, by name."""
    return {
        node.name: node
        for node in _nodes(*TRUNKS.rglob("*.py"))
        if isinstance(node, ast.FunctionDef)
        if any(_called(decorator) == "trunk" for decorator in node.decorator_list)
    }


@lru_cache
def _front_ends() -> frozenset[str]:
    """The names that front-ends' classes give themselves."""
    return frozenset(
        ast.literal_eval(node.value)
        for node in _nodes(*FRONTENDS.glob("*.py"))
        if isinstance(node, ast.AnnAssign) and node.value and _target(node) == "name"
    )


@lru_cache
def parameters() -> frozenset[str]:
    """What --set may change, without the part or the input before its point: what classes of
    training and of front-ends declare, trunks' keywords, and what all trunks have.
    """
    files = (*TRAINING, *FRONTENDS.glob("*.py"), HOME / "audio" / "spectra.py")
    declared = [_target(node) for node in _nodes(*files) if isinstance(node, ast.AnnAssign)]
    keywords = [argument.arg for trunk in _trunks().values() for argument in trunk.args.kwonlyargs]
    common = [
        node.value.value
        for node in _nodes(TRUNKS / "__init__.py")
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if isinstance(node.value.value, str)
    ]
    return frozenset([*declared, *keywords, *common])


def _nodes(*files: Path) -> Iterator[ast.AST]:
    for file in files:
        yield from ast.walk(ast.parse(file.read_text(encoding="utf-8")))


def _target(node: ast.AnnAssign) -> str:
    return node.target.id if isinstance(node.target, ast.Name) else ""


def _called(node: ast.expr) -> str:
    name = node.func if isinstance(node, ast.Call) else node
    return name.id if isinstance(name, ast.Name) else ""
