"""Every number that a run depends on, by name: of training, of the trunk, and of the front-ends."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.audio.augmentation import Augmentation
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.networks.trunks import Trunk
from kerasfeat.registry import unknown

SCHEDULES = ("constant", "cosine", "plateau", "exponential", "staircase", "cyclic")
OPTIMIZERS = ("adamw", "adam", "sgd", "adadelta")
LOSSES = ("default", "mean_squared_error", "mean_absolute_error", "smooth_l1", "outlier_weighted")
CLIP = "clip_s"


@dataclass(frozen=True)
class Training(Augmentation):
    """How a stage trains, on songs changed as Augmentation says.

    Attributes:
        epochs: at most.
        batch_size: windows a step.
        mixup: how evenly songs are mixed with each other: alpha of kerasfeat.experiment.mixup; 0
            for not at all.
        learning_rate: at the start.
        weight_decay: decoupled from the loss (Loshchilov and Hutter 2019, arXiv 1711.05101), on
            kernels only.
        optimizer: one of OPTIMIZERS.
        momentum: of "sgd".
        loss: of numbers, one of LOSSES, "default" the mean squared error; labels are always learned
            by cross-entropy.
        outlier_mean, outlier_alpha, outlier_beta: see kerasfeat.networks.losses.OutlierWeighted.
        schedule: of the learning rate: one of SCHEDULES.
        decay: factor by which "plateau", "exponential" and "staircase" lower it; "cyclic" swings
            between the rate and `decay` times it.
        decay_epochs: in which "exponential" does so smoothly, "staircase" at once, and "cyclic"
            goes up, and then down.
        rates: learning rates that "plateau" steps through after the first one; empty for `decay`
            times the one before.
        patience: epochs without a lower validation loss after which training stops; "plateau"
            lowers the rate after a third of them.
    """

    epochs: int = 60
    batch_size: int = 32
    mixup: float = 0.0
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    optimizer: str = "adamw"
    momentum: float = 0.0
    loss: str = "default"
    outlier_mean: float = 0.36
    outlier_alpha: float = 2.0
    outlier_beta: float = 2.0
    schedule: str = "constant"
    decay: float = 0.5
    decay_epochs: int = 1
    rates: tuple[float, ...] = ()
    patience: int = 10

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in {"schedule": SCHEDULES, "optimizer": OPTIMIZERS, "loss": LOSSES}.items():
            if getattr(self, name) not in known:
                raise unknown(name, getattr(self, name), known)
        for name in (
            "epochs",
            "batch_size",
            "patience",
            "learning_rate",
            "decay_epochs",
            "outlier_alpha",
            "outlier_beta",
        ):
            if not 0 < getattr(self, name) < math.inf:
                raise KerasfeatError(
                    f"{name} is {getattr(self, name)}; it must be above 0 and finite."
                )
        for name in ("weight_decay", "mixup"):
            if not 0 <= getattr(self, name) < math.inf:
                raise KerasfeatError(
                    f"{name} is {getattr(self, name)}; it must be 0 or more and finite."
                )
        if not 0 < self.decay < 1:
            raise KerasfeatError(f"decay is {self.decay}; it must be between 0 and 1.")
        if not 0 <= self.momentum < 1:
            raise KerasfeatError(f"momentum is {self.momentum}; it must be 0 or more and below 1.")
        if not all(0 < rate < math.inf for rate in self.rates):
            raise KerasfeatError(f"rates are {_text(self.rates)}; each must be above 0 and finite.")


COMMON = tuple(field.name for field in fields(Training))


@dataclass(frozen=True)
class Hyperparameters:
    """What `resolve` gives.

    Attributes:
        training: of the whole network.
        trunk: name -> value, its keywords.
        frontends: audio input -> front-end.
        stages: path of a part -> how it trains before the whole network does.
    """

    training: Training
    trunk: dict[str, Any]
    frontends: dict[str, FrontEnd]
    stages: dict[str, Training] = field(default_factory=dict)

    def stage(self, part: str) -> Training:
        """Training of the stage of the part at this path, "" for the whole network."""
        return self.stages.get(part, self.training)

    def to_json(self) -> dict[str, Any]:
        """Flat names and values, as `--set` takes them; of a stage those that differ from the whole
        network's.
        """
        values = {
            name: _text(value) for name, value in {**asdict(self.training), **self.trunk}.items()
        }
        for part, training in self.stages.items():
            own = {
                name: value
                for name, value in asdict(training).items()
                if value != getattr(self.training, name)
            }
            values |= {f"{part}.{name}": _text(value) for name, value in own.items()}
        return values | frontend_parameters(self.frontends)


def frontend_parameters(frontends: Mapping[str, FrontEnd]) -> dict[str, Any]:
    """Flat names and values of audio inputs' front-ends: `input.parameter`, and their common
    clip_s.
    """
    values: dict[str, Any] = {}
    for name, frontend in frontends.items():
        parameters = asdict(frontend)
        values[CLIP] = parameters.pop(CLIP)
        values |= {f"{name}.{key}": value for key, value in parameters.items()}
    return values


def _text(value: Any) -> Any:
    """A tuple as text that `--set` takes; anything else as it is."""
    return ",".join(map(str, value)) if isinstance(value, (tuple, list)) else value


def resolve(
    trunk: Trunk,
    front_ends: Mapping[str, FrontEnd],
    clip_s: float,
    *overrides: Mapping[str, Any],
    stages: Sequence[str] = (),
) -> Hyperparameters:
    """Defaults overridden by each of `overrides` in turn.

    A name of training without a part's path is that of every stage; with it (`mlp.learning_rate`)
    it is that stage's alone, and goes before one without in the same dict.

    Args:
        trunk: a Trunk.
        front_ends: dict of audio input to front-end, whose parameters are the defaults.
        clip_s: length of all audio windows, seconds.
        overrides: dicts of name to value; text is read as the type of the default. A front-end's
            parameter is `input.parameter`.
        stages: paths of the parts that have a stage of their own.

    Raises:
        KerasfeatError: for an unknown name, or a value of the wrong type.
    """
    defaults = _defaults(trunk, front_ends, clip_s, stages)
    values = dict(defaults)
    for override in overrides:
        values |= _typed_values(override, defaults, stages)
    resolved = Hyperparameters(
        training=Training(**{name: values[name] for name in COMMON}),
        stages={
            part: Training(**{name: values[f"{part}.{name}"] for name in COMMON}) for part in stages
        },
        trunk={name: values[name] for name in trunk.hyperparameters},
        frontends={
            name: replace(
                front_end,
                **{
                    key: values[CLIP if key == CLIP else f"{name}.{key}"]
                    for key in asdict(front_end)
                },
            )
            for name, front_end in front_ends.items()
        },
    )
    _check_pitch(resolved)
    return resolved


def _defaults(
    trunk: Trunk, front_ends: Mapping[str, FrontEnd], clip_s: float, stages: Sequence[str]
) -> dict[str, Any]:
    """Every name that can be set, with its value where nobody sets it."""
    defaults: dict[str, Any] = {**asdict(Training()), **trunk.training, **trunk.hyperparameters}
    if front_ends:
        defaults[CLIP] = float(clip_s)
    for name, front_end in front_ends.items():
        # Windows of all inputs cover the same seconds: their length is one number, not one an
        # input.
        defaults |= {
            f"{name}.{key}": value for key, value in asdict(front_end).items() if key != CLIP
        }
    return defaults | {f"{part}.{name}": defaults[name] for part in stages for name in COMMON}


def _typed_values(
    override: Mapping[str, Any], defaults: Mapping[str, Any], stages: Sequence[str]
) -> dict[str, Any]:
    """The values of an override as the defaults' types; those of all stages under each one's name
    too.
    """
    values = {}
    for name, value in sorted(override.items(), key=lambda item: item[0].count(".")):
        if name not in defaults:
            raise unknown("hyperparameter", name, defaults)
        values[name] = _typed(name, value, defaults[name])
        if name in COMMON:
            values |= {f"{part}.{name}": values[name] for part in stages}
    return values


def _check_pitch(hyperparameters: Hyperparameters) -> None:
    """Refuse a change of pitch that no input can show."""
    higher = any(
        training.pitch_semitones
        for training in (hyperparameters.training, *hyperparameters.stages.values())
    )
    if higher and all(frontend.bands_hz is None for frontend in hyperparameters.frontends.values()):
        known = ", ".join(
            name for name in frontends.names() if frontends.get(name).bands_hz is not None
        )
        raise KerasfeatError(
            f"pitch_semitones changes spectrograms over frequency ({known}), and none of "
            "them is an input. Leave it out, or add such an "
            "input; speed_share changes a waveform's pitch together with its tempo."
        )


def _numbers(value: str | Sequence[Any], kind: type) -> tuple[float, ...]:
    words = value.split(",") if isinstance(value, str) else value
    numbers = [float(word) for word in words if word != ""]
    if kind is int and any(number != int(number) for number in numbers):
        raise ValueError
    return tuple(kind(number) for number in numbers)


def _typed(name: str, value: Any, default: Any) -> Any:
    """The value of a hyperparameter as its default's type."""
    kind = float if default is None else type(default)  # None is an upper limit that is not set
    if value is None and default is None:
        return None
    try:
        if kind is bool and isinstance(value, str):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[
                value.lower()
            ]
        if kind is int and float(value) != int(float(value)):
            raise ValueError
        if kind is tuple:
            return _numbers(value, type(default[0]) if default else float)
        return kind(float(value)) if kind is int else kind(value)
    except (ValueError, KeyError, TypeError):
        raise KerasfeatError(
            f"{name}={value!r} can't be read as {kind.__name__}, the type of its default "
            f"{default!r}."
        ) from None
