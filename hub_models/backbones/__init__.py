"""Published audio networks, one file a backbone: each declares BACKBONE, a Backbone."""

from hub_models.description import Backbone
from hub_models.registry import Registry

backbones = Registry(
    "backbone", "hub_models.backbones", "hub_models.backbones", Backbone, constant="BACKBONE"
)
