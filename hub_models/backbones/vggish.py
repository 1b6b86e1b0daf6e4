"""VGGish: a VGG without its classifier, trained on YouTube-8M; 128 numbers each 0.96 s.

Parameters from tensorflow/models research/audioset/vggish (vggish_params.py, vggish_slim.py,
vggish_postprocess.py).
"""

from hub_models.description import DROP, Backbone, FrontEnd, Output, Row

BACKBONE = Backbone(
    name="vggish",
    gives="128 numbers each 0.96 s",
    handle="https://tfhub.dev/google/vggish/1",
    licence="Apache-2.0",
    reference="tensorflow/models research/audioset/vggish; Hershey et al. 2017, arXiv 1609.09430",
    front_end=FrontEnd(log_offset=0.01, patch_hop_s=0.96, rest=DROP),
    rows=(
        Row("conv1", "conv", filters=64),
        Row("pool1", "max_pool", kernel=2, stride=2),
        Row("conv2", "conv", filters=128),
        Row("pool2", "max_pool", kernel=2, stride=2),
        Row("conv3/conv3_1", "conv", filters=256),
        Row("conv3/conv3_2", "conv", filters=256),
        Row("pool3", "max_pool", kernel=2, stride=2),
        Row("conv4/conv4_1", "conv", filters=512),
        Row("conv4/conv4_2", "conv", filters=512),
        Row("pool4", "max_pool", kernel=2, stride=2),
        Row("flat", "flatten"),
        Row("fc1/fc1_1", "dense", filters=4096),
        Row("fc1/fc1_2", "dense", filters=4096),
        Row("fc2", "dense", filters=128, activation=None),
        Row("pca", "pca"),
    ),
    outputs={"embedding": Output("fc2", 128), "postprocessed": Output("pca", 128)},
    pca_file="vggish_pca_params.npz",
    pca_url="https://storage.googleapis.com/audioset/vggish_pca_params.npz",
)
