"""YAMNet: MobileNet v1 trained on AudioSet; 1024 numbers and 521 class scores each 0.48 s.

Parameters from tensorflow/models research/audioset/yamnet (params.py, yamnet.py).
"""

from hub_models.description import PAD, Backbone, FrontEnd, Output, Row

# (stride, filters) of the depthwise-separable rows, layer2 to layer14
_SEPARABLE = (
    (1, 64),
    (2, 128),
    (1, 128),
    (2, 256),
    (1, 256),
    (2, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (1, 512),
    (2, 1024),
    (1, 1024),
)

_ROWS = [Row("layer1/conv", "conv", filters=32, stride=2)]
for _number, (_stride, _filters) in enumerate(_SEPARABLE, start=2):
    _ROWS += [
        Row(f"layer{_number}/depthwise_conv", "depthwise", stride=_stride),
        Row(f"layer{_number}/pointwise_conv", "conv", filters=_filters, kernel=1),
    ]
_ROWS += [
    Row("embedding", "mean"),
    # yamnet.h5 calls the classifier "logits", the Hub model "dense"
    Row("dense", "dense", filters=521, activation="sigmoid", aliases=("logits",)),
]

BACKBONE = Backbone(
    name="yamnet",
    gives="521 sounds of AudioSet and 1024 numbers each 0.48 s",
    handle="https://tfhub.dev/google/yamnet/1",
    licence="Apache-2.0",
    reference="tensorflow/models research/audioset/yamnet; Hershey et al. 2017, arXiv 1609.09430",
    front_end=FrontEnd(log_offset=0.001, patch_hop_s=0.48, rest=PAD),
    rows=tuple(_ROWS),
    outputs={
        "embedding": Output("embedding", 1024),
        "scores": Output("dense", 521, is_scores=True),
    },
    batch_norm_epsilon=1e-4,
    class_map_file="yamnet_class_map.csv",
)
