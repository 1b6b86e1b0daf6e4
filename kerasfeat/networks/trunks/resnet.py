"""Residual networks for images (He et al. 2015, arXiv 1512.03385)."""

from keras import layers

from kerasfeat.arrays import Tensor
from kerasfeat.fields import FRAMES
from kerasfeat.networks.layer_rows import MOMENTUM, channel
from kerasfeat.networks.trunks import trunk

# (filters, stride) of each block of ResNet-18: table 1 of the paper.
ROWS = ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1))


def _convolution(x: Tensor, filters: int, size: int, stride: int = 1) -> Tensor:
    x = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=1e-5)(x)


@trunk(axes=(FRAMES,), scaling="single", output="sigmoid")
def resnet18(inputs: dict[str, Tensor], *, side: int = 224) -> Tensor:
    """ResNet-18 on the spectrogram as an image of side x side pixels."""
    (x,) = inputs.values()  # [batch, frames, bins]
    x = layers.Resizing(side, side)(channel(x))
    x = layers.ReLU()(_convolution(x, 64, 7, 2))
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for filters, stride in ROWS:
        y = layers.ReLU()(_convolution(x, filters, 3, stride))
        y = _convolution(y, filters, 3)
        same = stride == 1 and x.shape[-1] == filters
        x = layers.ReLU()(layers.Add()([y, x if same else _convolution(x, filters, 1, stride)]))
    return layers.GlobalAveragePooling2D()(x)  # [batch, 512]
