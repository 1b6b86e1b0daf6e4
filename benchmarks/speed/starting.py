"""How long the command takes to start."""

from benchmarks.speed.measured import Against, Measured, Setting, alternate, command, kerasfeat

EMPTY = "`python -c pass`"


def measure(setting: Setting) -> list[Measured]:
    """The row."""
    times = alternate(
        {"ours": lambda: command(kerasfeat("--help")), EMPTY: lambda: command(["-c", "pass"])},
        setting.repeats,
    )
    return [
        Measured(
            "`kerasfeat --help`",
            "a new process",
            times["ours"],
            (Against(EMPTY, times[EMPTY]),),
        )
    ]
