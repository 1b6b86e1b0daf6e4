"""TensorBoard over runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kerasfeat import KerasfeatError

if TYPE_CHECKING:
    from tensorboard.program import TensorBoard

DEFAULTS = ("runs", "searches")
# With all of an audio or image tag's few steps, not a sample.
SAMPLES = "images=100,audio=100,text=100"


def logs_of(paths: Sequence[Path | str]) -> dict[str, Path]:
    """The folders with TensorBoard logs by the name that each has in the dashboard.

    Args:
        paths: run directories, searches, or folders of them; none for those that kerasfeat writes
            to by default.

    Raises:
        KerasfeatError: a folder holds no logs.
    """
    folders = [Path(path) for path in paths or (name for name in DEFAULTS if Path(name).is_dir())]
    if not folders:
        raise KerasfeatError(
            f"there is neither {' nor '.join(f'./{name}' for name in DEFAULTS)} here: name "
            "a run, or train one with `kerasfeat fit`."
        )
    for path in folders:
        _require_logs(path)
    names = [path.resolve().name for path in folders]
    if len(set(names)) < len(names):
        return {str(path): path for path in folders}
    return dict(zip(names, folders, strict=True))


def _require_logs(path: Path) -> None:
    """Refuse a folder without logs."""
    if not path.is_dir():
        raise KerasfeatError(
            f"{path} is not a directory. Name one that `kerasfeat fit` or `kerasfeat tune` wrote, "
            "or a folder of them."
        )
    if next(path.rglob("events.out.tfevents.*"), None) is None:
        raise KerasfeatError(
            f"{path} holds no TensorBoard logs: training has not begun there, or it is not a run."
        )


def board(
    logs: Mapping[str, Path], host: str | None = None, port: int | None = None
) -> "TensorBoard":
    """A TensorBoard that is ready.

    Args:
        logs: folders by name, as of `logs_of`.
        host, port: where it listens; TensorBoard's own choice by default.

    Returns:
        TensorBoard: `.main()` serves until Ctrl-C, `.launch()` in a thread, and returns the
        address.
    """
    from tensorboard import default, program

    tensorboard = program.TensorBoard(default.get_plugins())
    folders = f"--logdir={next(iter(logs.values()))}" if len(logs) == 1 else _several(logs)
    options = {"host": host, "port": port}
    listen = [f"--{name}={value}" for name, value in options.items() if value is not None]
    samples = f"--samples_per_plugin={SAMPLES}"
    tensorboard.configure(argv=["tensorboard", folders, *listen, samples])
    return tensorboard


def _several(logs: Mapping[str, Path]) -> str:
    """The option for folders that lie apart."""
    for path in logs.values():
        if "," in str(path):
            raise KerasfeatError(
                "several runs can't be shown together while one's path has a comma: "
                f"{path}. Rename it, or show it alone."
            )
    named = (f"{name.replace(':', '_')}:{path}" for name, path in logs.items())
    return f"--logdir_spec={','.join(named)}"
