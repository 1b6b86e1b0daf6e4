"""Fields and their axes, declared once.

Keras inputs, tf.data specs, stored records, and serving signatures derive from a Field; what reads
an input by default, how training changes its sound, and how baselines sum it up from its Axes.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


@dataclass(frozen=True)
class Axis:
    """A dimension of inputs. Two axes of one name are the same axis.

    Attributes:
        name: the word that names it everywhere.
        is_time: whether its places follow each other in the clip's time.
        is_frequency: whether its places are bands from low to high.
        keeps_scale: whether inputs that begin with it are read as they are, not standardised.
        default_trunk: name of the trunk that reads an input that begins with it; None where one has
            to be named.
        few_songs_trunk: the trunk that reads it of few songs, where that is another.
        example_size: how many places an example has where an input begins with it.
    """

    name: str
    is_time: bool = field(default=False, compare=False)
    is_frequency: bool = field(default=False, compare=False)
    keeps_scale: bool = field(default=False, compare=False)
    default_trunk: str | None = field(default=None, compare=False)
    few_songs_trunk: str | None = field(default=None, compare=False)
    example_size: int = field(default=7, compare=False)


COLUMNS = Axis("columns", default_trunk="tabular", example_size=3)
FRAMES = Axis(
    "frames",
    is_time=True,
    default_trunk="convolutional",
    few_songs_trunk="statistics",
    example_size=37,
)
# A waveform's scale is its loudness.
SAMPLES = Axis(
    "samples",
    is_time=True,
    keeps_scale=True,
    default_trunk="waveform_convolutional",
    example_size=2050,
)
PATCHES = Axis("patches", default_trunk="embeddings")
# Patches as a backbone reads them: it knows its own scale.
SPECTROGRAMS = Axis("spectrograms", keeps_scale=True, default_trunk="finetuned", example_size=2)
BARS = Axis("bars", default_trunk="stacked", example_size=3)
MELS = Axis("mels", is_frequency=True, example_size=8)
BINS = Axis("bins", is_frequency=True)
COEFFICIENTS = Axis("coefficients")
CHANNELS = Axis("channels")
DIMS = Axis("dims")
STEPS = Axis("steps")

# The project's own axes. A front-end may make others: this says what stored names mean.
AXES = (
    COLUMNS,
    FRAMES,
    SAMPLES,
    PATCHES,
    SPECTROGRAMS,
    BARS,
    MELS,
    BINS,
    COEFFICIENTS,
    CHANNELS,
    DIMS,
    STEPS,
)
_BY_NAME = {axis.name: axis for axis in AXES}


@dataclass(frozen=True)
class Field:
    """A named tensor of one clip or one track.

    Attributes:
        name: the word that names it everywhere.
        shape: its dimensions without the batch.
        axes: what each dimension is, such as (FRAMES, MELS). Names, as JSON has them, become axes.
        dtype: of its values.
        unit: of its values, such as "dB".
        columns: names along the axis COLUMNS, in order; empty for other fields.
    """

    name: str
    shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    dtype: str = "float32"
    unit: str = ""
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # JSON gives lists and names back.
        axes = (
            axis if isinstance(axis, Axis) else _BY_NAME.get(axis, Axis(axis)) for axis in self.axes
        )
        object.__setattr__(self, "shape", tuple(self.shape))
        object.__setattr__(self, "axes", tuple(axes))
        object.__setattr__(self, "columns", tuple(self.columns))
        if len(self.shape) != len(self.axes):
            raise ValueError(
                f"field {self.name}: {len(self.shape)} dimensions but {len(self.axes)} axis names"
            )

    @property
    def leading_axis(self) -> Axis:
        """The first axis, which says which trunks read the field."""
        return self.axes[0]

    def keras_input(self) -> "keras.KerasTensor":
        """A symbolic Keras input [batch, *shape]."""
        import keras

        return keras.Input(self.shape, dtype=self.dtype, name=self.name)

    def spec(self, batch: bool = False) -> "tf.TensorSpec":
        """The tf.TensorSpec of one example, or of a batch of any size."""
        import tensorflow as tf

        return tf.TensorSpec(((None,) if batch else ()) + self.shape, self.dtype, name=self.name)

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON holds and `Field(**values)` reads back."""
        return {**vars(self), "axes": tuple(axis.name for axis in self.axes)}
