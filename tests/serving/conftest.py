"""Real exports, and the stand-in server that runs them."""

import pytest
from serving_stand_in import StandIn

from kerasfeat.serving.export import export


@pytest.fixture(scope="session")
def exports(fused, tabular, tmp_path_factory):
    """A folder with the models "mood" (features and audio) and "attributes" (features), and the
    check's findings of each.
    """
    folder = tmp_path_factory.mktemp("served") / "exports"
    return folder, {
        name: export(run.path, folder, name).findings
        for name, run in (("mood", fused), ("attributes", tabular))
    }


@pytest.fixture
def server(exports):
    """The stand-in for tensorflow_model_server with both models."""
    stand_in = StandIn(exports[0])
    yield stand_in
    stand_in.close()
