"""A backbone: two convolutions, whose published weights would lie at `handle`."""

from hub_models.description import PAD, Backbone, FrontEnd, Output, Row

BACKBONE = Backbone(
    name="smallnet",
    gives="12 numbers each 0.48 s",
    handle="https://tfhub.dev/example/smallnet/1",
    licence="Apache-2.0",
    reference="docs/extending of kerasfeat",
    front_end=FrontEnd(log_offset=0.01, patch_hop_s=0.48, rest=PAD),
    rows=(
        Row("conv1", "conv", filters=8, stride=2),
        Row("conv2", "conv", filters=12, stride=2),
        Row("embedding", "mean"),
    ),
    outputs={"embedding": Output("embedding", 12)},
)
