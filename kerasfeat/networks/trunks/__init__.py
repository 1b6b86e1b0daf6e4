"""What turns inputs into one representation, one file a trunk or a family: each defines Trunks.

A trunk is a function `(inputs, *, units=128, dropout=0.3) -> tensor` under `@trunk(...)`, from a
dict of encoded inputs to one representation [batch, units]. Its keyword-only hyperparameters are
what `--set` changes and what tuning searches; their defaults are the baseline. `axes` are the first
axes of the inputs that it takes: COLUMNS (a table row), FRAMES (a spectrogram), SAMPLES (a
waveform), PATCHES (what a backbone hears), SPECTROGRAMS (what a backbone reads), or any other Axis;
a trunk of several inputs says so by `several=True`.

A trunk of several submodels gives [batch, submodels, units]: each has heads, and learns, for itself
(kerasfeat.networks.submodels).

A trunk may be made of `parts`, other trunks by name: each part reads the inputs whose axes it
takes, can be trained alone, and the trunk gets `{part: Part}` in place of inputs. A trunk that
makes outputs of its own, such as an autoencoder's reconstruction error, returns `(representation,
{name: tensor})`, or `(representation, function from that representation and a head's name to its
tensor)`; one without heads `(representation, {})`.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Tensor
from kerasfeat.audio.frontends import frontends
from kerasfeat.fields import AXES, COLUMNS, Axis, Field
from kerasfeat.registry import Registry

# What a trunk's function gives: see above.
Output: TypeAlias = dict[str, Tensor] | Callable[[Tensor, str], Tensor]
Built: TypeAlias = Tensor | tuple[Tensor, Output]

# How a trunk's inputs are encoded, beside those of kerasfeat.networks.encoders.SCALINGS.
ENCODED, RAW = "encoded", "raw"

# A hyperparameter of every trunk that scales columns: the key as 12 columns of 0 and 1, and not as
# a number. ENCODED does so anyway.
ONE_HOT_KEY = "one_hot_key"

# A hyperparameter of every trunk that reads columns in the project's own way: bins of each number.
BINS = "bins"
FEW_BINS = 8

# Below this many songs convolutions learn the songs by heart; see docs/design.md.
FEW_SONGS = 200


@dataclass(frozen=True)
class Part:
    """What a part of a network gives.

    Attributes:
        representation: [batch, units].
        logits, outputs: its heads before and after their activation, by name.
    """

    representation: Tensor
    logits: dict[str, Tensor]
    outputs: dict[str, Tensor]


@dataclass(frozen=True)
class Trunk:
    """A function from inputs to a representation, and what it is called by and takes.

    Calling it calls the function.

    Attributes:
        name, description: its function's name, and the first line of its documentation.
        build: the function.
        axes: first axes of the inputs that it reads, beside those that name it as their default;
            none for every axis that has a default.
        several: whether it reads more than one input.
        scaling: how inputs are encoded: ENCODED (the project's own way), RAW, or a name of
            kerasfeat.networks.encoders.SCALINGS.
        output: activation of heads that predict numbers; "sigmoid" also gives two classes a single
            unit, where "" gives them a softmax.
        parts: name -> trunk of each part.
        training: hyperparameters of training that suit it better than the usual ones.
        many_songs: hyperparameters, of its own or of training, of thousands of songs.
    """

    name: str
    build: Callable[..., Built]
    axes: tuple[Axis, ...]
    several: bool
    description: str
    scaling: str = ENCODED
    output: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    many_songs: dict[str, Any] = field(default_factory=dict)

    def __call__(self, inputs: Mapping[str, Tensor], **hyperparameters: Any) -> Built:
        """What the function makes of inputs, or of parts, by name."""
        return self.build(inputs, **hyperparameters)

    @property
    def takes(self) -> tuple[Axis, ...]:
        """First axes of the inputs that it reads, as far as front-ends have them."""
        known = (axis for axis in axes_with_default() if self.takes_axis(axis))
        return tuple(dict.fromkeys((*self.axes, *known)))

    def takes_axis(self, axis: Axis) -> bool:
        """Whether it reads inputs that begin with this axis."""
        if not self.axes:
            return axis.default_trunk is not None
        return axis in self.axes or self.name in (axis.default_trunk, axis.few_songs_trunk)

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """Keyword hyperparameters and their defaults; a part's begin with its name."""
        parameters = inspect.signature(self.build).parameters.values()
        own = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        if self.takes_axis(COLUMNS) and self.scaling not in (ENCODED, RAW):
            own[ONE_HOT_KEY] = False
        if self.takes_axis(COLUMNS) and self.scaling == ENCODED and not self.parts:
            own[BINS] = FEW_BINS
        return own | {
            f"{part}.{name}": default
            for part, trunk in self.parts.items()
            for name, default in trunks.get(trunk).hyperparameters.items()
        }

    def paths(self) -> list[str]:
        """Dotted path of every part, and of their parts."""
        return [
            path
            for part, trunk in self.parts.items()
            for path in (part, *(f"{part}.{p}" for p in trunks.get(trunk).paths()))
        ]

    def part(self, path: str) -> "Trunk":
        """The trunk of the part at a dotted path."""
        name, _, rest = path.partition(".")
        trunk = trunks.get(self.parts[name])
        return trunk.part(rest) if rest else trunk

    def reads(self, fields: Mapping[str, Field]) -> dict[str, Field]:
        """Those of `fields` whose first axis this trunk takes."""
        return {
            name: field for name, field in fields.items() if self.takes_axis(field.leading_axis)
        }

    def check(self, fields: Mapping[str, Field]) -> None:
        """Refuse inputs that this trunk can't read.

        Raises:
            KerasfeatError: they are too many or too few, or have another first axis.
        """
        for part in self.parts.values():
            trunk = trunks.get(part)
            if not trunk.reads(fields):
                raise KerasfeatError(
                    f"model {self.name!r} needs an input whose first axis is "
                    f"{_either(trunk.takes)}; received {', '.join(fields)}. "
                    "`kerasfeat list inputs` shows which input has which axes."
                )
            trunk.check(trunk.reads(fields))
        if len(fields) > 1 and not self.several:
            raise KerasfeatError(
                f"model {self.name!r} reads one input, not {', '.join(fields)}; use "
                "--model fusion or fewer --inputs."
            )
        for name in (name for name in fields if name not in self.reads(fields)):
            axes = ", ".join(axis.name for axis in fields[name].axes)
            raise KerasfeatError(
                f"model {self.name!r} can't read input {name!r} [{axes}]: it takes inputs whose "
                f"first axis is {_either(self.takes)}. `kerasfeat list models` shows which model "
                "takes what."
            )


trunks = Registry("model", "kerasfeat.networks.trunks", "kerasfeat.trunks", Trunk)


def trunk(
    *,
    axes: Iterable[Axis] = (),
    several: bool = False,
    scaling: str = ENCODED,
    output: str = "",
    parts: Mapping[str, str] | None = None,
    training: Mapping[str, Any] | None = None,
    many_songs: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Built]], Trunk]:
    """Make the decorated function a Trunk of its name; the arguments are those of Trunk."""

    def decorate(build: Callable[..., Built]) -> Trunk:
        return Trunk(
            name=build.__name__,
            build=build,
            axes=tuple(axes),
            several=several,
            description=(inspect.getdoc(build) or "").partition("\n")[0],
            scaling=scaling,
            output=output,
            parts=dict(parts or {}),
            training=dict(training or {}),
            many_songs=dict(many_songs or {}),
        )

    return decorate


def _either(axes: Iterable[Axis]) -> str:
    return " or ".join(axis.name for axis in axes)


def axes_with_default() -> tuple[Axis, ...]:
    """The axes that a trunk reads by default: the project's own, then those of other front-ends."""
    axes: Iterator[Axis] = (front_end.field.leading_axis for front_end in frontends)
    return tuple(axis for axis in dict.fromkeys((*AXES, *axes)) if axis.default_trunk)


def leading_axis(name: str) -> Axis:
    """The first axis of the input called `name`.

    What no front-end makes is a group of table columns.
    """
    return frontends.get(name).field.leading_axis if name in frontends.names() else COLUMNS


def default_for(axis: Axis, songs: int | None = None) -> str:
    """The name of the trunk that reads an input which begins with this axis.

    Args:
        axis: the first axis of the input.
        songs: how many there are, where that is known.

    Raises:
        KerasfeatError: one has to be named.
    """
    if axis.default_trunk is None:
        known = ", ".join(axis.name for axis in axes_with_default())
        raise KerasfeatError(
            f"no model reads an input whose first axis is {axis.name!r} by default: name one with "
            f"--model. Inputs that have one start with {known}; `kerasfeat list models` and "
            "`list inputs` show which is which."
        )
    few = songs is not None and songs < FEW_SONGS
    return (axis.few_songs_trunk if few else None) or axis.default_trunk


def default_trunk(names: Iterable[str], songs: int | None = None) -> str:
    """The name of the trunk that reads these inputs by default.

    It is the axis's own for one input, fusion for several.

    Args:
        names: of inputs.
        songs: how many there are, where that is known.
    """
    names = list(names)
    return "fusion" if len(names) > 1 else default_for(leading_axis(names[0]), songs)
