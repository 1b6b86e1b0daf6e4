"""A recipe with what its network is built of: for tests that run it on a few random songs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasfeat.arrays import Array
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import Hyperparameters, resolve
from kerasfeat.fields import COLUMNS, Field
from kerasfeat.networks.assembly import Network, assemble
from kerasfeat.networks.trunks import Trunk, default_trunk, trunks
from kerasfeat.recipes import Recipe
from kerasfeat.songs.schema import FEATURES
from kerasfeat.targets import Multiclass, Target
from kerasfeat.targets.multiclass import BIN_NAMES
from kerasfeat.tasks import tasks

SONGS = 3
# Of recipes that are for any task, and of inputs that the table has.
ANY_TASK, ANY_INPUTS = "mood", ("features",)


@dataclass(frozen=True)
class Case:
    """A recipe on inputs of some shapes.

    Attributes:
        recipe: the recipe.
        target: what is learnt, with its labels.
        trunk: of the network.
        fields: of the inputs, by name.
        found: the recipe's hyperparameters, with some others than it has.
    """

    recipe: Recipe
    target: Target
    trunk: Trunk
    fields: dict[str, Field]
    found: Hyperparameters

    @property
    def stages(self) -> list[str]:
        """Paths of the parts that train alone."""
        return [stage.part for stage in self.recipe.stages if stage.part]

    def resolve(self, **overrides: Any) -> Hyperparameters:
        """The hyperparameters with others of training and of the trunk."""
        own = {name: value for name, value in self.found.to_json().items() if _is_own(name, self)}
        changed = {name.replace("__", "."): value for name, value in overrides.items()}
        return resolve(self.trunk, {}, 5.0, own, changed, stages=self.stages)

    def network(
        self, found: Hyperparameters | None = None, target: Target | None = None
    ) -> Network:
        """Its network, or one with other hyperparameters or another target."""
        found = found or self.found
        return assemble(target or self.target, self.fields, self.trunk, found.trunk)

    def batch(self, seed: int = 1) -> dict[str, Array]:
        """Random inputs of SONGS songs, from 0 to 1."""
        rng = np.random.default_rng(seed)
        return {
            name: rng.random(size=(SONGS, *field.shape)).astype("float32")
            for name, field in self.fields.items()
        }

    @property
    def truth(self) -> Array:
        """Random truth of these songs."""
        rng = np.random.default_rng(2)
        if isinstance(self.target, Multiclass):
            return rng.integers(len(self.target.labels), size=SONGS)
        return rng.random((SONGS, len(self.target.outputs)))

    def answers(self, model: keras.Model) -> dict[str, Array]:
        """What a part, or the whole, learns of these songs: 0 for its own errors."""
        known = {head: values for head, (values, _) in self.target.arrays(self.truth).items()}
        return {head: known.get(head, np.zeros((SONGS, 1), "float32")) for head in model.output}


def _is_own(name: str, case: Case) -> bool:
    return name.partition(".")[0] not in {*case.fields, "clip_s"}


def example_case(recipe: Recipe) -> Case:
    """A recipe on inputs as its own example makes them small."""
    inputs = recipe.inputs or ANY_INPUTS
    trunk = trunks.get(recipe.model or default_trunk(inputs))
    audio = {name: frontends.get(name) for name in inputs if name in frontends.names()}
    stages = [stage.part for stage in recipe.stages if stage.part]
    task = tasks.get(recipe.task or ANY_TASK)
    found = resolve(
        trunk, audio, task.clip_s, recipe.hyperparameters, recipe.example, stages=stages
    )
    fields = {name: own.field for name, own in found.frontends.items()}
    labels = tuple(sorted({str(label) for values in task.example.values() for label in values}))
    target = _target(recipe, labels)
    ordered = {name: fields.get(name) or _columns(recipe, target) for name in inputs}
    return Case(recipe, target, trunk, ordered, found)


def published_case(
    recipe: Recipe, shapes: Mapping[str, tuple[int, ...]], labels: tuple[str, ...] = ()
) -> Case:
    """A recipe on inputs of these shapes, and with these labels; columns are its own."""
    trunk = trunks.get(recipe.model or default_trunk(recipe.inputs))
    target = _target(recipe, labels)
    axes = {name: frontends.get(name).field.axes for name in shapes if name in frontends.names()}
    given = {name: Field(name, shape, axes.get(name, (COLUMNS,))) for name, shape in shapes.items()}
    fields = {name: given.get(name) or _columns(recipe, target) for name in recipe.inputs}
    own = {
        name: value
        for name, value in recipe.hyperparameters.items()
        if name.partition(".")[0] not in {*fields, "clip_s"}
    }
    stages = [stage.part for stage in recipe.stages if stage.part]
    return Case(recipe, target, trunk, fields, resolve(trunk, {}, 5.0, own, stages=stages))


def _target(recipe: Recipe, labels: tuple[str, ...]) -> Target:
    """What the recipe learns: numbers, bins of a number, or these labels."""
    task = tasks.get(recipe.task or ANY_TASK).choose(recipe.targets).binned(recipe.edges)
    target = task.target
    if not target.has_labels:
        return target
    return type(target)(target.name, BIN_NAMES[len(recipe.edges)] if recipe.edges else labels)


def _columns(recipe: Recipe, target: Target) -> Field:
    columns = tuple(c for c in recipe.columns or FEATURES if c not in target.columns)
    return Field("features", (len(columns),), (COLUMNS,), columns=columns)
