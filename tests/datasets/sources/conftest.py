"""A server that plays the services, for each test its own."""

import io

import numpy as np
import pytest
import soundfile
from source_services import settings, start

from kerasfeat.datasets.http import retry


@pytest.fixture
def services():
    """The Services of a running server, which stops with the test."""
    yield from running()


@pytest.fixture
def elsewhere():
    """Another server, where no source has anything to look for."""
    yield from running()


def running():
    server = start()
    yield server.services
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Waits between tries are short."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def sources_at(services, monkeypatch):
    """Every source asks the server on this machine, at no rate."""
    for name, value in settings(services.url):
        monkeypatch.setattr(name, value)


@pytest.fixture(scope="session")
def mp3():
    """A second of music as an MP3."""
    wave = np.sin(np.arange(22_050) * 0.06) * 0.4
    file = io.BytesIO()
    soundfile.write(file, wave, 22_050, format="MP3")
    return file.getvalue()
