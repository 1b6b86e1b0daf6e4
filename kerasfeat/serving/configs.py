"""The files beside the models with which TensorFlow Serving starts, and the command that starts it.

Written once and then left to their owner, but for models.config, in which an export adds or updates
its own model, and its copy for the container. The container sees the folder as /models, so that it
can be moved; a server without one needs absolute paths.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version as installed
from pathlib import Path, PurePath, PurePosixPath
from typing import Any, TypeAlias

from filelock import FileLock, Timeout
from google.protobuf import text_format

from kerasfeat import KerasfeatError
from kerasfeat.files import write_text
from kerasfeat.progress import say
from kerasfeat.serving import BATCH_SIZES

ModelServerConfig: TypeAlias = Any  # of tensorflow_serving.config, which has no types

MODELS, BATCHING = "models.config", "batching.config"
MONITORING, COMPOSE = "monitoring.config", "compose.yaml"
CONTAINER_MODELS, LOCK = "models.container.config", ".lock"
FILES = (MODELS, BATCHING, MONITORING, COMPOSE, CONTAINER_MODELS, LOCK)
# Where the container sees the folder of all models.
INSIDE = PurePosixPath("/models")
GRPC_PORT, REST_PORT = 8500, 8501
# Decoding and hearing a long song takes longer than the server's own 30 s.
REST_TIMEOUT_MS = 300_000
LABEL = "stable"

ALLOWED_SIZES = "".join(f"allowed_batch_sizes: {size}\n" for size in BATCH_SIZES)
BATCHING_TEXT = f"""# Requests that arrive together are computed together.
max_batch_size {{ value: {BATCH_SIZES[-1]} }}
batch_timeout_micros {{ value: 2000 }}
max_enqueued_batches {{ value: 100 }}
num_batch_threads {{ value: 4 }}
# Songs of different lengths: `waveform_length` tells which samples count.
pad_variable_length_inputs: true
{ALLOWED_SIZES}"""
MONITORING_TEXT = 'prometheus_config { enable: true path: "/monitoring/prometheus/metrics" }\n'


@contextmanager
def locked(exports: Path) -> Iterator[None]:
    """Work alone in a folder of exports, after whoever is at work there now."""
    lock = FileLock(exports / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        say(f"waiting for another export into {exports}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def write(exports: Path | str, name: str, number: int) -> None:
    """Make a model known to the server; the caller works alone in the folder.

    Args:
        exports: the folder of all models.
        name: of the model.
        number: its newest version, which alone is loaded; the label "stable" then means it.
    """
    exports = Path(exports).absolute()
    config = read(exports)
    model = next((model for model in config.model_config_list.config if model.name == name), None)
    model = model or config.model_config_list.config.add(name=name)
    model.base_path, model.model_platform = str(exports / name), "tensorflow"
    model.version_labels[LABEL] = number
    _write_models(exports, config)
    texts = {BATCHING: BATCHING_TEXT, MONITORING: MONITORING_TEXT, COMPOSE: _compose()}
    for file, text in texts.items():
        if not (exports / file).exists():
            write_text(exports / file, text)


def _write_models(exports: Path, config: ModelServerConfig) -> None:
    write_text(exports / MODELS, text_format.MessageToString(config))
    inside = type(config)()
    inside.CopyFrom(config)
    for model in inside.model_config_list.config:
        if Path(model.base_path) == exports / model.name:
            model.base_path = str(INSIDE / model.name)
    write_text(exports / CONTAINER_MODELS, text_format.MessageToString(inside))


def read(exports: Path | str) -> ModelServerConfig:
    """The ModelServerConfig of a folder of exports; an empty one where there is no file.

    Raises:
        KerasfeatError: the file can't be read.
    """
    from tensorflow_serving.config import model_server_config_pb2

    config, path = model_server_config_pb2.ModelServerConfig(), Path(exports) / MODELS
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return config
    except (OSError, UnicodeDecodeError) as error:
        raise KerasfeatError(f"{path} can't be read: {error}.") from error
    try:
        return text_format.Parse(text, config)
    except text_format.ParseError as error:
        raise KerasfeatError(
            f"{path} is not a configuration of TensorFlow Serving: {error}. Fix it, or "
            "move it away."
        ) from error


def relocate(exports: Path | str) -> None:
    """Correct the paths in models.config of a folder that was moved: they are absolute, since the
    server takes no others.

    Raises:
        KerasfeatError: it holds no exported model.
    """
    exports = Path(exports).absolute()
    models = read(exports).model_config_list.config
    if not models:
        raise KerasfeatError(
            f"{exports} holds no exported model. `kerasfeat export RUN {exports} --name NAME` "
            "writes one."
        )
    there = [Path(model.base_path) for model in models if (exports / model.name).is_dir()]
    moved = {path.parent for path in there} - {exports}
    if moved:
        with locked(exports):
            config = read(exports)
            for model in config.model_config_list.config:
                if Path(model.base_path).parent in moved and (exports / model.name).is_dir():
                    model.base_path = str(exports / model.name)
            _write_models(exports, config)


def arguments(exports: Path | str) -> list[str]:
    """What tensorflow_model_server is started with."""
    return _arguments(Path(exports).absolute(), MODELS)


def _arguments(exports: PurePath, models: str) -> list[str]:
    return [
        f"--port={GRPC_PORT}",
        f"--rest_api_port={REST_PORT}",
        f"--rest_api_timeout_in_ms={REST_TIMEOUT_MS}",
        f"--model_config_file={exports / models}",
        "--model_config_file_poll_wait_seconds=60",
        # At the start no version is loaded yet, so that none could have a label.
        "--allow_version_labels_for_unavailable_models=true",
        "--enable_batching=true",
        f"--batching_parameters_file={exports / BATCHING}",
        f"--monitoring_config_file={exports / MONITORING}",
    ]


def image() -> str:
    """The container image of the server that is as old as the TensorFlow here."""
    return f"tensorflow/serving:{installed('tensorflow-serving-api')}"


def _compose() -> str:
    lines = "\n".join(f'      - "{argument}"' for argument in _arguments(INSIDE, CONTAINER_MODELS))
    ports = ", ".join(f'"127.0.0.1:{port}:{port}"' for port in (GRPC_PORT, REST_PORT))
    return f"""# docker compose up: the server sees this folder, wherever it lies, as {INSIDE}.
services:
  tensorflow-serving:
    image: {image()}
    restart: unless-stopped
    # For this machine alone: the server asks nobody who they are. Without 127.0.0.1 all may ask it.
    ports: [{ports}]
    volumes:
      - type: bind
        source: .
        target: {INSIDE}
        read_only: true
    entrypoint: ["/usr/bin/tensorflow_model_server"]
    command:
{lines}
"""
