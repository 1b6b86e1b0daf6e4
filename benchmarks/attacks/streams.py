"""Standard output and error that are closed, full, or read no further.

python benchmarks/attacks/streams.py
"""

import subprocess
import tempfile
from pathlib import Path

from harness import KERASFEAT, Ended, Tally, write_songs

# Redirection -> whether the result is lost, which must be an error.
REDIRECTIONS = {
    ">/dev/full": True,
    ">&-": True,
    "2>/dev/full": False,
    "2>&-": False,
    ">&- 2>&-": True,
    "| head -c 20 >/dev/null": None,
}
COMMANDS = (
    *("--help", "--version", "list tasks", "list tasks --json", "data check songs.csv"),
    *("data check songs.csv --json", "predict nowhere songs.csv", "bogus"),
)


def fault_of(ended: Ended, command: str, loses: bool | None) -> str:
    """What is wrong with how a command ended."""
    if "Traceback" in ended.err or "Exception ignored" in ended.err:
        return ended.err.strip().splitlines()[-1]
    prints = not command.startswith(("bogus", "predict"))
    if loses is not None and prints and bool(ended.code) != loses:
        return f"exit code {ended.code}"
    if not prints and not ended.code:
        return "an error with exit code 0"
    return ""


def main() -> None:
    tally = Tally("streams")
    with tempfile.TemporaryDirectory() as folder:
        write_songs(Path(folder) / "songs.csv")
        for command in COMMANDS:
            for redirection, loses in REDIRECTIONS.items():
                line = f"{' '.join(KERASFEAT)} {command} {redirection}; exit ${{PIPESTATUS[0]}}"

                done = subprocess.run(
                    ["bash", "-c", line], cwd=folder, capture_output=True, text=True
                )
                ended = Ended(done.returncode, done.stdout, done.stderr, 0)
                tally.add(f"{command} {redirection}", fault_of(ended, command, loses))
    tally.finish()


if __name__ == "__main__":
    main()
