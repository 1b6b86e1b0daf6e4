"""Every number that a run depends on, by name: of training, of the trunk, and of the front-ends."""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.registry import unknown

SCHEDULES = ("constant", "cosine", "plateau", "exponential")
CLIP = "clip_s"


@dataclass(frozen=True)
class Training:
    """How a stage trains.

    Attributes:
        epochs: at most.
        batch_size: windows a step.
        learning_rate: at the start.
        weight_decay: of AdamW, on kernels only.
        schedule: of the learning rate: one of SCHEDULES.
        decay: factor by which "plateau" and "exponential" lower it; "exponential" does so every epoch.
        patience: epochs without a lower validation loss after which training stops; "plateau" lowers the rate after a third of them.
        time_mask_frames, freq_mask_bands: widest masks of SpecAugment (Park et al. 2019, arXiv 1904.08779); 0 for none.
    """

    epochs: int = 60
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3
    schedule: str = "constant"
    decay: float = 0.5
    patience: int = 10
    time_mask_frames: int = 0
    freq_mask_bands: int = 0

    def __post_init__(self):
        if self.schedule not in SCHEDULES:
            raise unknown("schedule", self.schedule, SCHEDULES)
        for name in ("epochs", "batch_size", "patience", "learning_rate"):
            if getattr(self, name) <= 0:
                raise KerasfeatError(f"{name} is {getattr(self, name)}; it must be above 0.")
        for name in ("weight_decay", "time_mask_frames", "freq_mask_bands"):
            if getattr(self, name) < 0:
                raise KerasfeatError(f"{name} is {getattr(self, name)}; it must be 0 or more.")
        if not 0 < self.decay < 1:
            raise KerasfeatError(f"decay is {self.decay}; it must be between 0 and 1.")


@dataclass(frozen=True)
class Hyperparameters:
    """What `resolve` gives: for training, for the trunk (keywords), and one front-end each audio input."""

    training: Training
    trunk: dict
    frontends: dict

    def to_json(self):
        """Flat names and values, as `--set` takes them."""
        values = {**asdict(self.training), **self.trunk}
        for name, frontend in self.frontends.items():
            parameters = asdict(frontend)
            values[CLIP] = parameters.pop(CLIP)
            values |= {f"{name}.{key}": value for key, value in parameters.items()}
        return values


def resolve(trunk, frontend_classes, clip_s, *overrides):
    """Defaults overridden by each of `overrides` in turn.

    Args:
        trunk: a registered Model.
        frontend_classes: dict of audio input to front-end class.
        clip_s: length of all audio windows, seconds.
        overrides: dicts of name to value; text is read as the type of the default. A front-end's parameter is `input.parameter`.

    Raises:
        KerasfeatError: for an unknown name, or a value of the wrong type.
    """
    defaults = {f.name: f.default for f in fields(Training)} | trunk.hyperparameters
    if frontend_classes:
        defaults[CLIP] = float(clip_s)
    for name, cls in frontend_classes.items():
        # Windows of all inputs cover the same seconds: their length is one number, not one an input.
        defaults |= {f"{name}.{f.name}": f.default for f in fields(cls) if f.name != CLIP}
    values = dict(defaults)
    for override in overrides:
        for name, value in override.items():
            if name not in defaults:
                raise unknown("hyperparameter", name, defaults)
            values[name] = _typed(name, value, defaults[name])
    return Hyperparameters(
        training=replace(Training(), **{f.name: values[f.name] for f in fields(Training)}),
        trunk={name: values[name] for name in trunk.hyperparameters},
        frontends={
            name: cls(**{CLIP: values[CLIP]}, **{f.name: values[f"{name}.{f.name}"] for f in fields(cls) if f.name != CLIP})
            for name, cls in frontend_classes.items()
        },
    )


def with_saved(settings, path):
    """The Settings of a fit with the hyperparameters of a file, and with its recipe, model, and inputs where the settings name none.

    Args:
        settings: Settings of a fit; its overrides win over the file's.
        path: best.json of a search, or run.json of a finished run.

    Raises:
        KerasfeatError: if the file holds no hyperparameters.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KerasfeatError(
            f"the hyperparameters {path} can't be read: {error}. Give best.json of `kerasfeat tune`, or a run.json."
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("hyperparameters"), dict):
        raise KerasfeatError(f"{path} holds no hyperparameters. Give best.json of `kerasfeat tune`, or run.json of a finished run.")
    return replace(
        settings,
        recipe=content.get("recipe", settings.recipe) if settings.recipe == "default" else settings.recipe,
        model=settings.model or content.get("model"),
        inputs=settings.inputs or tuple(content.get("inputs", ())),
        overrides=content["hyperparameters"] | settings.overrides,
    )


def _typed(name, value, default):
    kind = float if default is None else type(default)  # None is an upper limit that is not set
    if value is None and default is None:
        return None
    try:
        if kind is bool and isinstance(value, str):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[value.lower()]
        if kind is int and float(value) != int(float(value)):
            raise ValueError
        return kind(float(value)) if kind is int else kind(value)
    except (ValueError, KeyError, TypeError):
        raise KerasfeatError(f"{name}={value!r} can't be read as {kind.__name__}, the type of its default {default!r}.") from None
