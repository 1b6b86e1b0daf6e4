"""Complete experiments as data, one file a publication: each declares RECIPE, one or several.

A Recipe names task, inputs, trunk, hyperparameters, stages, and where they come from.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from kerasfeat.registry import Registry
from kerasfeat.search_ranges import Range, Value

if TYPE_CHECKING:
    import keras
    import pandas as pd

    from kerasfeat.songs.loading import Songs

# What hyperparameters may be; a tuple has a value for each of several layers or steps.
Hyperparameter: TypeAlias = Value | tuple[Value, ...]


@dataclass(frozen=True)
class Stage:
    """One stage of a recipe's training.

    Attributes:
        part: dotted path of the part that trains alone, such as "mlp" or "base.autoencoder"; "" for
            the whole network.
        freeze: paths of parts whose weights, statistics and dropout stand still meanwhile.
    """

    part: str = ""
    freeze: tuple[str, ...] = ()


WHOLE = (Stage(),)


@dataclass(frozen=True)
class Recipe:
    """A named experiment.

    Attributes:
        name: what `--recipe` takes.
        description: one line.
        task: the task it was made for; None for any.
        targets: of that task; empty for all.
        inputs: input names in order; empty for what the data has.
        columns: table columns of the input `features`, in order, present or not; empty for those
            that the table has.
        model: trunk name; None for the inputs' default.
        hyperparameters: values that differ from the defaults of training, trunk, and front-ends
            (`logmel.mels`); those of one part's stage or trunk begin with its path
            (`mlp.learning_rate`).
        example: hyperparameters that make it small, for its contract test: short clips, small
            images, narrow layers.
        stages: what trains after what; the last is the whole network.
        edges: a numeric target becomes a class by these limits, from 0 to 1: one makes low and
            high, two low, medium and high.
        class_weights, balanced: weigh rare classes more; draw every class equally often.
        reference: publication, None for the project's own.
        reported: its published figure, on its authors' own data.
        space: ranges that tuning searches instead of the shared ones, by hyperparameter
            (kerasfeat.search_ranges).
    """

    name: str
    description: str
    task: str | None = None
    targets: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    model: str | None = None
    hyperparameters: Mapping[str, Hyperparameter] = field(default_factory=dict)
    example: Mapping[str, Hyperparameter] = field(default_factory=dict)
    stages: tuple[Stage, ...] = WHOLE
    edges: tuple[float, ...] = ()
    class_weights: bool = False
    balanced: bool = False
    reference: str | None = None
    reported: str | None = None
    space: Mapping[str, Range] = field(default_factory=dict)

    def build(
        self, songs: "str | Path | pd.DataFrame | Songs", task: str | None = None
    ) -> "keras.Model":
        """The network for some songs, untrained.

        Args:
            songs: as of `kerasfeat.fit`.
            task: what is predicted; None for the recipe's.

        Raises:
            KerasfeatError: the songs have no input that the recipe reads.
        """
        # By name: recipes are data, and what makes networks of them imports them.
        return importlib.import_module("kerasfeat.api.fitting").build(self, songs, task)


recipes = Registry("recipe", "kerasfeat.recipes", "kerasfeat.recipes", Recipe, constant="RECIPE")
get, names, add = recipes.get, recipes.names, recipes.add
