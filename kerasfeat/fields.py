"""A field is declared once; Keras inputs, tf.data specs, stored records, and serving signatures
derive from it.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Field:
    """A named tensor of one clip or one track.

    Attributes:
        name: the word that names it everywhere.
        shape: its dimensions without the batch; None where free.
        axes: a symbolic name for each dimension, such as ("frames", "mels").
        dtype: of its values.
        unit: of its values, such as "dB".
        columns: names along the axis "columns", in order; empty for other fields.
    """

    name: str
    shape: tuple
    axes: tuple
    dtype: str = "float32"
    unit: str = ""
    columns: tuple = ()

    def __post_init__(self):
        # JSON gives lists back.
        object.__setattr__(self, "shape", tuple(self.shape))
        object.__setattr__(self, "axes", tuple(self.axes))
        object.__setattr__(self, "columns", tuple(self.columns))
        if len(self.shape) != len(self.axes):
            raise ValueError(
                f"field {self.name}: {len(self.shape)} dimensions but {len(self.axes)} axis names"
            )

    def keras_input(self):
        """A symbolic Keras input [batch, *shape]."""
        import keras

        return keras.Input(self.shape, dtype=self.dtype, name=self.name)

    def spec(self, batch=False):
        """A tf.TensorSpec of one example, or of a batch of any size."""
        import tensorflow as tf

        return tf.TensorSpec(((None,) if batch else ()) + self.shape, self.dtype, name=self.name)

    def to_json(self):
        """A dict that JSON holds and `Field(**it)` reads back."""
        return asdict(self)
