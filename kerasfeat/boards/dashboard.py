"""TensorBoard over runs."""

from pathlib import Path

from kerasfeat import KerasfeatError

DEFAULTS = ("runs", "searches")
# With all of an audio or image tag's few steps, not a sample.
SAMPLES = "images=100,audio=100,text=100"


def logs_of(paths):
    """The folders with TensorBoard logs by the name that each has in the dashboard.

    Args:
        paths: run directories, searches, or folders of them; none for those that kerasfeat writes
            to by default.

    Raises:
        KerasfeatError: a folder holds no logs.
    """
    found = [Path(path) for path in paths or (name for name in DEFAULTS if Path(name).is_dir())]
    if not found:
        raise KerasfeatError(
            f"there is neither {' nor '.join(f'./{name}' for name in DEFAULTS)} here: name "
            "a run, or train one with `kerasfeat fit`."
        )
    for path in found:
        if not path.is_dir():
            raise KerasfeatError(
                f"{path} is no directory. Name one that `kerasfeat fit` or `kerasfeat "
                "tune` wrote, or a folder of them."
            )
        if next(path.rglob("events.out.tfevents.*"), None) is None:
            raise KerasfeatError(
                f"{path} holds no TensorBoard logs: training has not begun there, or it is no run."
            )
    names = [path.resolve().name for path in found]
    twice = len(set(names)) < len(names)
    return {str(path) if twice else name: path for name, path in zip(names, found, strict=True)}


def board(logs, host=None, port=None):
    """A TensorBoard that is ready: `.main()` serves until Ctrl-C, `.launch()` in a thread, and
    returns the address.
    """
    from tensorboard import default, program

    found = program.TensorBoard(default.get_plugins())
    where = [f"--logdir={next(iter(logs.values()))}"] if len(logs) == 1 else [_several(logs)]
    listen = [
        f"--{name}={value}" for name, value in (("host", host), ("port", port)) if value is not None
    ]
    found.configure(argv=["tensorboard", *where, *listen, f"--samples_per_plugin={SAMPLES}"])
    return found


def _several(logs):
    """The option for folders that lie apart."""
    for path in logs.values():
        if "," in str(path):
            raise KerasfeatError(
                "several runs can't be shown together while one's path has a comma: "
                f"{path}. Rename it, or show it alone."
            )
    return "--logdir_spec=" + ",".join(
        f"{name.replace(':', '_')}:{path}" for name, path in logs.items()
    )
