"""What is searched: shared ranges by hyperparameter name, and ranges derived from the defaults of a
trunk's own keywords.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import keras_tuner
import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.experiment.hyperparameters import Hyperparameters
from kerasfeat.networks.trunks import ONE_HOT_KEY, Trunk
from kerasfeat.registry import unknown
from kerasfeat.search_ranges import Between, Choices

Range: TypeAlias = Choices | Between

DROPOUT = Choices((0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
TRAINING: dict[str, Range] = {
    "learning_rate": Between(1e-4, 1e-2, log=True),
    "weight_decay": Between(1e-6, 1e-1, log=True),
    "batch_size": Choices((16, 32, 64, 128, 256)),
    "mixup": Choices((0.0, 0.1, 0.2, 0.4)),
    "optimizer": Choices(("adamw", "adam", "sgd")),
    "schedule": Choices(("constant", "cosine", "plateau", "exponential")),
}
# What changes the sound: its range, and the axes of the inputs that it applies to.
AUGMENTATION: dict[str, tuple[Range, set[str]]] = {
    "gain_db": (Choices((0.0, 3.0, 6.0)), {"samples", "frames"}),
    "shift_share": (Choices((0.0, 0.25, 0.5)), {"samples", "frames"}),
    "speed_share": (Choices((0.0, 0.05, 0.1)), {"samples", "frames"}),
    "pitch_semitones": (Choices((0.0, 1.0, 2.0)), {"mels", "bins"}),
    "noise_share": (Choices((0.0, 0.05, 0.1)), {"samples"}),
    "time_mask_frames": (Choices((0, 15, 30, 60)), {"frames"}),
    "freq_mask_bands": (Choices((0, 4, 8, 16)), {"frames"}),
}
# By the last word of the name, in the trunk itself or in one of its parts.
TRUNK: dict[str, Range] = {
    "units": Choices((16, 32, 64, 128, 256)),
    "blocks": Choices((1, 2, 3, 4)),
    "submodels": Choices((8, 16, 32)),
    "bins": Choices((2, 4, 8, 16, 48)),
    "filters": Choices((16, 32, 64, 128)),
    "kernel": Choices((3, 5, 7, 9)),
    "dropout": DROPOUT,
    "convolution_dropout": DROPOUT,
    "modality_dropout": DROPOUT,
    "frames": Choices(("convolutional", "recurrent", "statistics")),
}
FRONTEND: dict[str, Range] = {
    "clip_s": Choices((3.0, 5.0, 10.0)),
    "mels": Choices((40, 64, 96, 128)),
    "coefficients": Choices((13, 20, 40)),
}
WIDTHS = ("units", "filters")
GRID_STEPS = 5  # values of a continuous range in a grid


@dataclass(frozen=True)
class Dimension:
    """A range with the default that it is searched around."""

    range: Range
    default: Any

    @property
    def grid(self) -> list[Any]:
        """The values that a grid search tries, the default first."""
        return [self.default, *(value for value in _steps(self.range) if value != self.default)]

    def to_json(self) -> dict[str, Any]:
        """A dict for JSON, and for people."""
        return {**asdict(self.range), "default": self.default}


def _steps(searched: Range) -> list[Any]:
    """All choices, or GRID_STEPS numbers from one end to the other."""
    if isinstance(searched, Choices):
        return list(searched.values)
    spaced = np.geomspace if searched.log else np.linspace
    return [float(f"{value:.6g}") for value in spaced(searched.low, searched.high, GRID_STEPS)]


def derive(
    hyperparameters: Hyperparameters,
    trunk: Trunk,
    recipe_space: Mapping[str, Range],
    fixed: Collection[str],
    over: Collection[str] = (),
) -> dict[str, Dimension]:
    """The space around an experiment's hyperparameters.

    Args:
        hyperparameters: the recipe's published values among them: every range contains its own and
            has it as default.
        trunk: that they are of.
        recipe_space: the recipe's own ranges by name, instead of the shared ones; one of a single
            value is not searched.
        fixed: names that are not searched.
        over: the only names to search; empty for all.

    Returns:
        name -> Dimension.

    Raises:
        KerasfeatError: for an unknown name, one without a range, or an empty space.
    """
    defaults = hyperparameters.to_json()
    for name in (*recipe_space, *over):
        if name not in defaults:
            raise unknown("hyperparameter", name, defaults)
    ranges = {
        name: recipe_space.get(name) or _shared(name, hyperparameters) or _around(name, trunk)
        for name in defaults
    }
    free = {name: searched for name, searched in ranges.items() if searched and name not in fixed}
    for name in over:
        if name not in free:
            why = "it has a fixed value" if name in fixed else "it has no range"
            raise KerasfeatError(
                f"hyperparameter {name!r} can't be searched: {why}. Those that can: "
                f"{', '.join(free)}."
            )
    dimensions = {
        name: Dimension(_containing(searched, defaults[name]), defaults[name])
        for name, searched in free.items()
        if not over or name in over
    }
    space = {name: dimension for name, dimension in dimensions.items() if len(dimension.grid) > 1}
    if not space:
        raise KerasfeatError(
            "the search space is empty: every hyperparameter has one value. Leave out a "
            "--set, or name others with --over."
        )
    return space


def grid_size(space: Mapping[str, Dimension]) -> int:
    """How many combinations a grid over the space has."""
    return math.prod(len(dimension.grid) for dimension in space.values())


def keras_tuner_space(space: Mapping[str, Dimension]) -> keras_tuner.HyperParameters:
    """The space as keras-tuner declares it."""
    hp = keras_tuner.HyperParameters()
    for name, dimension in space.items():
        searched, default = dimension.range, dimension.default
        if isinstance(searched, Choices):
            ordered = not isinstance(default, str)
            hp.Choice(name, list(searched.values), ordered=ordered, default=default)
        else:
            sampling = "log" if searched.log else "linear"
            hp.Float(name, searched.low, searched.high, sampling=sampling, default=default)
    return hp


def _shared(name: str, hyperparameters: Hyperparameters) -> Range | None:
    """The range that every experiment has for this name; None without one."""
    if name in TRAINING:
        return TRAINING[name]
    if name in AUGMENTATION:
        searched, axes = AUGMENTATION[name]
        frontends = hyperparameters.frontends.values()
        return (
            searched
            if any(axes & {axis.name for axis in frontend.field.axes} for frontend in frontends)
            else None
        )
    last_word = name.rpartition(".")[2]
    if name in hyperparameters.trunk:
        is_list = isinstance(hyperparameters.trunk[name], tuple)
        return None if is_list else TRUNK.get(last_word)
    return FRONTEND.get(last_word)


def _around(name: str, trunk: Trunk) -> Range | None:
    """The range of a trunk's keyword that has no shared one: half its default, the default, and
    twice the default.

    Of keywords that list something for each layer only the layers' widths have one, as text, as
    `--set` takes it; the one-hot key has none, since not every table has a key.
    """
    last_word = name.rpartition(".")[2]
    default = None if last_word == ONE_HOT_KEY else trunk.hyperparameters.get(name)
    if isinstance(default, tuple) and last_word in WIDTHS:
        halved = [max(1, width // 2) for width in default]
        doubled = [2 * width for width in default]
        return Choices(tuple(",".join(map(str, each)) for each in (halved, default, doubled)))
    if isinstance(default, bool):
        return Choices((False, True))
    if isinstance(default, int) and default > 0:
        return Choices(tuple(sorted({max(1, default // 2), default, 2 * default})))
    if isinstance(default, float) and default > 0:
        return Choices((default / 2, default, 2 * default))
    return None


def _containing(searched: Range, default: Any) -> Range:
    """The range, widened where the default lies outside."""
    if isinstance(searched, Choices):
        if default in searched.values:
            return searched
        return Choices(tuple(sorted((*searched.values, default))))
    if searched.log and default <= 0:  # such as a decay of 0, which no logarithm reaches
        return Choices((default, *_steps(searched)))
    return Between(min(searched.low, default), max(searched.high, default), searched.log)
