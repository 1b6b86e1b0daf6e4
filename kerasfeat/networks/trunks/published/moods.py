"""Networks of "Predicting Song Moods" (Contarino, Heimann, Shaji, Srivastav)."""

from keras import layers, ops

from kerasfeat import KerasfeatError
from kerasfeat.arrays import Tensor
from kerasfeat.fields import COLUMNS, FRAMES
from kerasfeat.networks.layer_rows import MOMENTUM, channel, dense
from kerasfeat.networks.layers import PartDropout, register
from kerasfeat.networks.trunks import Part, trunk

OUTPUTS, PENULTIMATE = "outputs", "penultimate"


@register
def hard_tanh(x: Tensor) -> Tensor:
    """The value held to -1 to 1."""
    return ops.clip(x, -1.0, 1.0)


@trunk(axes=(COLUMNS,), scaling="unit")
def mood_mlp(
    inputs: dict[str, Tensor], *, units: tuple[int, ...] = (512, 128, 64), dropout: float = 0.3
) -> Tensor:
    """Dense layers over columns from 0 to 1, each with batch normalisation, ReLU and dropout."""
    (x,) = inputs.values()  # [batch, columns]
    return dense(x, units, normalise=True, dropout=dropout)


@trunk(axes=(COLUMNS,), scaling="unit")
def mood_mlp_hardtanh(
    inputs: dict[str, Tensor], *, units: tuple[int, ...] = (128, 64), dropout: float = 0.3
) -> Tensor:
    """Two dense layers with hard tanh and dropout over columns from 0 to 1."""
    (x,) = inputs.values()  # [batch, columns]
    return dense(x, units, activation=hard_tanh, dropout=dropout)


@trunk(axes=(COLUMNS,), scaling="unit")
def mood_cnn(
    inputs: dict[str, Tensor],
    *,
    filters: tuple[int, ...] = (40, 80, 160, 160),
    dropout: float = 0.3,
) -> Tensor:
    """Convolutions along the columns from 0 to 1, two by two with a pooling."""
    (x,) = inputs.values()
    x = channel(x)  # [batch, columns, 1]
    for first, second in zip(filters[::2], filters[1::2], strict=True):
        x = layers.Conv1D(first, 3, padding="same")(x)
        x = layers.BatchNormalization(momentum=MOMENTUM)(x)
        x = layers.ReLU()(x)
        x = layers.Conv1D(second, 3, padding="same", activation="relu")(x)
        x = PartDropout(dropout)(x)
        x = layers.MaxPooling1D(3, 2)(x)  # 11 columns become 5, then 2
    return layers.Flatten()(x)


@trunk(axes=(FRAMES,), scaling="standard")
def mood_rnn(
    inputs: dict[str, Tensor], *, units: int = 128, hidden: tuple[int, ...] = (512, 128)
) -> Tensor:
    """An Elman network with tanh over frames; dense layers on its last state."""
    (x,) = inputs.values()  # [batch, frames, mels]
    return dense(layers.SimpleRNN(units)(x), hidden)


@trunk(axes=(FRAMES,), scaling="standard")
def mood_lstm(
    inputs: dict[str, Tensor], *, units: int = 512, hidden: tuple[int, ...] = (512, 128)
) -> Tensor:
    """An LSTM over frames; dense layers on its last state."""
    (x,) = inputs.values()  # [batch, frames, mels]
    return dense(layers.LSTM(units)(x), hidden)


def _joined(parts: dict[str, Part], join: str) -> Tensor:
    """Every part's outputs before their activation, or what its last layer reads: [batch, units].

    Raises:
        KerasfeatError: `join` is neither.
    """
    if join not in (OUTPUTS, PENULTIMATE):
        raise KerasfeatError(f"join is {join!r}; it must be {OUTPUTS} or {PENULTIMATE}.")
    if join == PENULTIMATE:
        return layers.Concatenate()([part.representation for part in parts.values()])
    logits = [logits for part in parts.values() for logits in part.logits.values()]
    return layers.Concatenate()(logits)


@trunk(axes=(COLUMNS, FRAMES), several=True, parts={"mlp": "mood_mlp", "rnn": "mood_rnn"})
def mood_ensemble_rnn(parts: dict[str, Part], *, join: str = OUTPUTS) -> Tensor:
    """The dense and the Elman network, joined at their outputs or before their last layers."""
    return _joined(parts, join)


@trunk(axes=(COLUMNS, FRAMES), several=True, parts={"mlp": "mood_mlp", "lstm": "mood_lstm"})
def mood_ensemble_lstm(parts: dict[str, Part], *, join: str = OUTPUTS) -> Tensor:
    """The dense and the LSTM network, joined at their outputs or before their last layers."""
    return _joined(parts, join)
