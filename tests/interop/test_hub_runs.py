"""A run as a model folder of the Hugging Face Hub, there and back by the hub's own client."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

import kerasfeat as kf
from kerasfeat.serving.hub_folder import write_hub_folder

hub = pytest.importorskip(
    "huggingface_hub", reason="needs huggingface_hub: pip install 'kerasfeat[hub]'"
)
ROOT = Path(__file__).resolve().parents[2]
COMMIT = "3" * 40


@pytest.fixture
def folder(kerasfeat, tabular, tmp_path):
    ended = kerasfeat("export", tabular.path, "--hub-folder", tmp_path / "hub")
    assert ended.code == 0, ended.err
    return tmp_path / "hub"


def test_the_folder_has_a_card_and_is_a_run(kerasfeat, folder, tabular, songs):
    card = hub.ModelCard.load(folder / "README.md")
    assert card.data.library_name == "kerasfeat" and "attributes" in card.data.tags
    assert card.data.pipeline_tag == "tabular-regression" and "hf://" in card.text
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "metrics.json",
        "model.keras",
        "run.json",
    ]
    for name in ("README.md", "run.json", "metrics.json"):
        assert str(songs) not in (folder / name).read_text()
    asked = songs / "tracks.csv"
    ours, theirs = (kf.load_run(path).predict(asked) for path in (folder, tabular.path))
    np.testing.assert_array_equal(ours["energy"], theirs["energy"])
    again = kerasfeat("export", tabular.path, "--hub-folder", folder)
    assert again.code == 1 and "new or an empty folder" in again.err
    assert kerasfeat("export", tabular.path, "--name", "mood").code == 2


def test_the_folders_of_joined_runs_stay_at_home(tabular, tmp_path):
    run = shutil.copytree(tabular.path, tmp_path / "run")
    state = json.loads((run / "run.json").read_text())
    state["config"]["combined"] = ["/home/ann/private/one", "/home/ann/private/two"]
    (run / "run.json").write_text(json.dumps(state))
    write_hub_folder(run, tmp_path / "hub")
    assert "private" not in (tmp_path / "hub" / "run.json").read_text()


class Hub(BaseHTTPRequestHandler):
    """What the client asks of the hub for a public model, for the files of `folder`."""

    folder: Path

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        if self.path.startswith("/api/models/ann/mood"):
            files = [
                {"rfilename": path.name, "size": path.stat().st_size}
                for path in self.folder.iterdir()
            ]
            model = {"id": "ann/mood", "modelId": "ann/mood", "sha": COMMIT, "siblings": files}
            return self._send(200, json.dumps(model).encode(), {"Content-Type": "application/json"})
        file = self.folder / self.path.rsplit("/", 1)[-1]
        if not self.path.startswith(f"/ann/mood/resolve/{COMMIT}/") or not file.is_file():
            return self._send(404, b"", {"X-Error-Code": "RepoNotFound"})
        content = file.read_bytes()
        etag = hashlib.sha1(content).hexdigest()
        return self._send(200, content, {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT})

    def _send(self, code, content, headers):
        self.send_response(code)
        for name, value in {**headers, "Content-Length": len(content)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *words):
        """Say nothing."""


def load(endpoint, name, cache):
    """Load a run in a process of its own: the client reads HF_ENDPOINT when it is imported."""
    code = f"import kerasfeat as kf; print(kf.load_run({name!r}).target.outputs)"
    environment = {"HF_ENDPOINT": endpoint, "KERASFEAT_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment, "HF_HOME": str(cache), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
def test_a_run_is_loaded_from_the_hub(folder, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Hub,), {"folder": folder}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        loaded = load(endpoint, "hf://ann/mood", tmp_path / "cache")
        assert "energy" in loaded.stdout, loaded.stderr
        assert "can't be downloaded" in load(endpoint, "hf://ann/none", tmp_path).stderr
        (folder / "model.keras").unlink()
        assert "it has no model.keras" in load(endpoint, "hf://ann/mood", tmp_path).stderr
    finally:
        server.shutdown()
        server.server_close()
    assert "by https alone" in load("http://example.org", "hf://ann/mood", tmp_path).stderr
