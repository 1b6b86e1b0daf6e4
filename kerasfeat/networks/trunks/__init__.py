"""Trunks: small functions from a dict of encoded inputs to one representation [batch, units].

A trunk is a plain function `(inputs, *, units=128, dropout=0.3) -> tensor` under `@model(...)`. Its
keyword-only hyperparameters are what `--set` changes and what tuning searches; their defaults are
the baseline. `axes` is the leading axis of the inputs that it takes: "columns" (a table row),
"frames" (a spectrogram), "samples" (a waveform), "patches" (what a backbone hears), "spectrograms"
(what a backbone reads); a trunk of several inputs says so by `several=True`.

A trunk may be made of `parts`, other trunks by name: each part reads the inputs whose axes it
takes, can be trained alone, and the trunk gets `{part: Part}` in place of inputs. A trunk that
makes outputs of its own, such as an autoencoder's reconstruction error, returns `(representation,
{name: tensor})`, or `(representation, function from that representation and a head's name to its
tensor)`; one without heads `(representation, {})`.
"""

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.registry import Registry

models = Registry("model", "kerasfeat.networks.trunks")

# What reads an input when nobody names a model.
DEFAULT_BY_AXIS = {
    "columns": "tabular",
    "frames": "convolutional",
    "samples": "waveform_convolutional",
    "patches": "embeddings",
    "spectrograms": "finetuned",
    "bars": "stacked",
}

# How a trunk's inputs are encoded, beside those of kerasfeat.networks.encoders.SCALINGS.
ENCODED, RAW = "encoded", "raw"

# A hyperparameter of every trunk that scales columns: the key as 12 columns of 0 and 1, and not as
# a number. ENCODED does so anyway.
ONE_HOT_KEY = "one_hot_key"

# Below this many songs convolutions learn the songs by heart; the README's section "Design" has
# figures.
FEW_SONGS = 200
FEW_BY_AXIS = {"frames": "statistics"}


@dataclass(frozen=True)
class Part:
    """What a part of a network gives: its representation, and its heads before and after their
    activation, by name.
    """

    representation: object
    logits: dict
    outputs: dict


@dataclass(frozen=True)
class Model:
    """A registered trunk.

    Attributes:
        name, description: its function's name, and the first line of its documentation.
        build: the function.
        axes: leading axes of the inputs that it reads.
        several: whether it reads more than one input.
        scaling: how inputs are encoded: ENCODED (the project's own way), RAW, or a name of
            kerasfeat.networks.encoders.SCALINGS.
        output: activation of heads that predict numbers; "sigmoid" also gives two classes a single
            unit, where "" gives them a softmax.
        parts: name -> trunk of each part.
    """

    name: str
    build: Callable
    axes: tuple
    several: bool
    description: str
    scaling: str = ENCODED
    output: str = ""
    parts: dict = dataclasses.field(default_factory=dict)

    @property
    def hyperparameters(self):
        """Keyword hyperparameters and their defaults; a part's begin with its name."""
        parameters = inspect.signature(self.build).parameters.values()
        own = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        if "columns" in self.axes and self.scaling not in (ENCODED, RAW):
            own[ONE_HOT_KEY] = False
        return own | {
            f"{part}.{name}": default
            for part, trunk in self.parts.items()
            for name, default in models.get(trunk).hyperparameters.items()
        }

    def paths(self):
        """Dotted path of every part, and of their parts."""
        return [
            path
            for part, trunk in self.parts.items()
            for path in (part, *(f"{part}.{p}" for p in models.get(trunk).paths()))
        ]

    def part(self, path):
        """The trunk of the part at a dotted path."""
        name, _, rest = path.partition(".")
        trunk = models.get(self.parts[name])
        return trunk.part(rest) if rest else trunk

    def reads(self, fields):
        """Those of `fields` whose leading axis this trunk takes."""
        return {name: field for name, field in fields.items() if field.axes[0] in self.axes}

    def check(self, fields):
        """Refuse inputs that this trunk can't read."""
        for part in self.parts.values():
            trunk = models.get(part)
            if not trunk.reads(fields):
                raise KerasfeatError(
                    f"model {self.name!r} needs an input whose first axis is "
                    f"{' or '.join(trunk.axes)}; received {', '.join(fields)}. "
                    "`kerasfeat list inputs` shows which input has which axes."
                )
            trunk.check(trunk.reads(fields))
        if len(fields) > 1 and not self.several:
            raise KerasfeatError(
                f"model {self.name!r} reads one input, not {', '.join(fields)}; use "
                "--model fusion or fewer --inputs."
            )
        for field in fields.values():
            if field.axes[0] not in self.axes:
                raise KerasfeatError(
                    f"model {self.name!r} can't read input {field.name!r} "
                    f"[{', '.join(field.axes)}]: it takes inputs whose first axis is "
                    f"{' or '.join(self.axes)}. `kerasfeat list models` shows which model "
                    "takes what."
                )


def model(*, axes, several=False, scaling=ENCODED, output="", parts=None):
    """Register the decorated trunk under its function's name; the arguments are those of `Model`."""

    def register(build):
        description = inspect.getdoc(build).splitlines()[0]
        models.add(
            build.__name__,
            Model(
                build.__name__,
                build,
                tuple(axes),
                several,
                description,
                scaling,
                output,
                parts or {},
            ),
        )
        return build

    return register


def leading_axis(name):
    """The first axis of the input called `name`; what no front-end makes is a group of table
    columns.
    """
    return frontends.get(name)().field.axes[0] if name in frontends.names() else "columns"


def default_for(axis, songs=None):
    """The name of the trunk that reads an input with this leading axis; `songs` tells how many
    there are, where that is known.
    """
    if axis not in DEFAULT_BY_AXIS:
        raise KerasfeatError(
            f"no model reads an input whose first axis is {axis!r} by default: name one "
            "with --model. "
            f"Inputs that have one start with {', '.join(DEFAULT_BY_AXIS)}; `kerasfeat "
            "list models` and `list inputs` show which is which."
        )
    few = songs is not None and songs < FEW_SONGS
    return FEW_BY_AXIS.get(axis, DEFAULT_BY_AXIS[axis]) if few else DEFAULT_BY_AXIS[axis]


def default_model(names, songs=None):
    """The name of the trunk that reads these inputs by default: one of its own for one input,
    fusion for several.
    """
    names = list(names)
    return "fusion" if len(names) > 1 else default_for(leading_axis(names[0]), songs)
