"""What is searched: shared ranges by hyperparameter name, and ranges derived from the defaults of a
trunk's own keywords.
"""

import math
from dataclasses import asdict, dataclass

import numpy as np

from kerasfeat import KerasfeatError
from kerasfeat.networks.trunks import ONE_HOT_KEY
from kerasfeat.registry import unknown
from kerasfeat.search_ranges import Between, Choices

DROPOUT = Choices((0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7))
TRAINING = {
    "learning_rate": Between(1e-4, 1e-2, log=True),
    "weight_decay": Between(1e-6, 1e-1, log=True),
    "batch_size": Choices((16, 32, 64, 128, 256)),
    "mixup": Choices((0.0, 0.1, 0.2, 0.4)),
    "optimizer": Choices(("adamw", "adam", "sgd")),
    "schedule": Choices(("constant", "cosine", "plateau", "exponential")),
}
# What changes the sound: its range, and the axes of the inputs that it applies to.
AUGMENTATION = {
    "gain_db": (Choices((0.0, 3.0, 6.0)), {"samples", "frames"}),
    "shift_share": (Choices((0.0, 0.25, 0.5)), {"samples", "frames"}),
    "speed_share": (Choices((0.0, 0.05, 0.1)), {"samples", "frames"}),
    "pitch_semitones": (Choices((0.0, 1.0, 2.0)), {"mels", "bins"}),
    "noise_share": (Choices((0.0, 0.05, 0.1)), {"samples"}),
    "time_mask_frames": (Choices((0, 15, 30, 60)), {"frames"}),
    "freq_mask_bands": (Choices((0, 4, 8, 16)), {"frames"}),
}
TRUNK = {
    "units": Choices((16, 32, 64, 128, 256)),
    "blocks": Choices((1, 2, 3, 4)),
    "members": Choices((1, 2, 4, 8)),
    "filters": Choices((16, 32, 64, 128)),
    "kernel": Choices((3, 5, 7, 9)),
    "dropout": DROPOUT,
    "convolution_dropout": DROPOUT,
    "modality_dropout": DROPOUT,
    "frames": Choices(("convolutional", "recurrent", "statistics")),
}
WIDTHS = ("units", "filters")
FRONTEND = {
    "clip_s": Choices((3.0, 5.0, 10.0)),
    "mels": Choices((40, 64, 96, 128)),
    "coefficients": Choices((13, 20, 40)),
}
GRID_STEPS = 5  # values of a continuous range in a grid


@dataclass(frozen=True)
class Dimension:
    """A range with the default that it is searched around."""

    range: Choices | Between
    default: object

    @property
    def grid(self):
        """The values that a grid search tries, the default first."""
        if isinstance(self.range, Choices):
            values = self.range.values
        else:
            steps = np.geomspace if self.range.log else np.linspace
            values = [
                float(f"{value:.6g}")
                for value in steps(self.range.low, self.range.high, GRID_STEPS)
            ]
        return [self.default, *(value for value in values if value != self.default)]

    def to_json(self):
        """A dict for JSON, and for people."""
        return {**asdict(self.range), "default": self.default}


def derive(hyperparameters, trunk, recipe_space, fixed, over=()):
    """The space around an experiment's hyperparameters.

    Args:
        hyperparameters: Hyperparameters, the recipe's published values among them: every range
            contains its own and has it as default.
        trunk: the Trunk.
        recipe_space: the recipe's own ranges by name, instead of the shared ones; one of a single
            value is not searched.
        fixed: names that are not searched.
        over: the only names to search; empty for all.

    Returns:
        Name -> Dimension.

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
    for name in over:
        if ranges[name] is None or name in fixed:
            why = "it has a fixed value" if name in fixed else "it has no range"
            known = [name for name, found in ranges.items() if found and name not in fixed]
            raise KerasfeatError(
                f"hyperparameter {name!r} can't be searched: {why}. Those that can: "
                f"{', '.join(known)}."
            )
    space = {
        name: Dimension(_containing(found, defaults[name]), defaults[name])
        for name, found in ranges.items()
        if found and name not in fixed and (not over or name in over)
    }
    space = {name: dimension for name, dimension in space.items() if len(dimension.grid) > 1}
    if not space:
        raise KerasfeatError(
            "the search space is empty: every hyperparameter has one value. Leave out a "
            "--set, or name others with --over."
        )
    return space


def grid_size(space):
    """How many combinations a grid over the space has."""
    return math.prod(len(dimension.grid) for dimension in space.values())


def keras_tuner_space(space):
    """The space as keras_tuner.HyperParameters."""
    import keras_tuner

    declared = keras_tuner.HyperParameters()
    for name, dimension in space.items():
        if isinstance(dimension.range, Choices):
            ordered = not isinstance(dimension.default, str)
            declared.Choice(
                name, list(dimension.range.values), ordered=ordered, default=dimension.default
            )
        else:
            scale = "log" if dimension.range.log else "linear"
            declared.Float(
                name,
                dimension.range.low,
                dimension.range.high,
                sampling=scale,
                default=dimension.default,
            )
    return declared


def _shared(name, hyperparameters):
    if name in TRAINING:
        return TRAINING[name]
    if name in AUGMENTATION:
        found, needed = AUGMENTATION[name]
        return (
            found
            if needed
            & {
                axis.name
                for frontend in hyperparameters.frontends.values()
                for axis in frontend.field.axes
            }
            else None
        )
    if name in hyperparameters.trunk:
        return (
            None
            if isinstance(hyperparameters.trunk[name], tuple)
            else TRUNK.get(name.rpartition(".")[2])
        )
    return FRONTEND.get(name.rpartition(".")[2])


def _around(name, trunk):
    """The range of a trunk's keyword that has no shared one: half its default, the default, and
    twice the default.

    Of keywords that list something for each layer only the layers' widths have one, as text, as
    `--set` takes it; the one-hot key has none, since not every table has a key.
    """
    default = None if name.rpartition(".")[2] == ONE_HOT_KEY else trunk.hyperparameters.get(name)
    if isinstance(default, tuple) and name.rpartition(".")[2] in WIDTHS:
        widths = (
            [max(1, width // 2) for width in default],
            default,
            [2 * width for width in default],
        )
        return Choices(",".join(map(str, each)) for each in widths)
    if isinstance(default, bool):
        return Choices((False, True))
    if isinstance(default, int) and default > 0:
        return Choices(sorted({max(1, default // 2), default, 2 * default}))
    if isinstance(default, float) and default > 0:
        return Choices((default / 2, default, 2 * default))
    return None


def _containing(found, default):
    """The range, widened where the default lies outside."""
    if isinstance(found, Choices):
        if default in found.values:
            return found
        return Choices(sorted((*found.values, default)))
    if found.log and default <= 0:  # such as a decay of 0, which no logarithm reaches
        return Choices(
            (
                default,
                *(
                    float(f"{value:.6g}")
                    for value in np.geomspace(found.low, found.high, GRID_STEPS)
                ),
            )
        )
    return Between(min(found.low, default), max(found.high, default), found.log)
