"""How long `kerasfeat --help` takes, beside an empty Python: medians of alternating runs.

python benchmarks/startup.py
"""

import statistics
import subprocess
import sys
import time

COMMANDS = {"python -c pass": ["-c", "pass"], "kerasfeat --help": ["-m", "kerasfeat", "--help"]}


def main() -> None:
    """Measure and print."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(15):
        for name, words in COMMANDS.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, *words], capture_output=True, check=True)
            seconds[name].append(time.perf_counter() - start)
    for name, values in seconds.items():
        median_ms, slowest_ms = statistics.median(values) * 1000, max(values) * 1000
        print(f"{name:20} {median_ms:6.0f} ms (slowest {slowest_ms:.0f} ms)")


if __name__ == "__main__":
    main()
