"""Backbones for the tests: stand-ins with the published signature, and the real YAMNet weights
where they are.
"""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def class_map(tmp_path_factory):
    """A class map of 521 made-up names."""
    import stand_in

    return stand_in.write_class_map(tmp_path_factory.mktemp("map") / "yamnet_class_map.csv")


@pytest.fixture(scope="session")
def yamnet_arrays():
    import stand_in

    return stand_in.random_yamnet()


@pytest.fixture(scope="session")
def yamnet_saved_model(tmp_path_factory, yamnet_arrays, class_map):
    """A SavedModel directory with YAMNet's published signature and random weights."""
    import stand_in

    return stand_in.write_yamnet(
        tmp_path_factory.mktemp("hub") / "yamnet", yamnet_arrays, class_map
    )


@pytest.fixture(scope="session")
def network(yamnet_saved_model):
    """Our network with the stand-in's weights, both outputs."""
    import hub_models

    return hub_models.build("yamnet", weights=yamnet_saved_model, outputs=("embedding", "scores"))


@pytest.fixture(scope="session")
def real_yamnet(shared_data):
    """The published weights: npz path."""
    return shared_data / "yamnet" / "yamnet_dequantised.npz"


@pytest.fixture(scope="session")
def clips():
    """Noise of 1.3 s in three loudnesses: float32 [3, 20800] at 16 kHz, which is 2 patches of
    YAMNet and 1 of VGGish.
    """
    rng = np.random.default_rng(7)
    return (rng.uniform(-1, 1, (3, 20800)) * [[1.0], [0.3], [0.01]]).astype(np.float32)
