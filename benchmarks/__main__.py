"""The table of speed: each row beside what one would use instead, written into a page.

    python -m benchmarks [--only FAMILY ...] [--data DIR] [--out DIR] [--page FILE]

What is measured is kept in --out, a file for each family of rows: a run that was stopped goes on
with those that lack, and the page is written anew without measuring where none does. Those that
--only names are measured again. Leave the machine to it: about 18 minutes on two cores.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from benchmarks.speed import FAMILIES
from benchmarks.speed.families import read
from benchmarks.speed.page import write_page

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Measure what lacks, and write the page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", choices=FAMILIES, default=[])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "performance")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "performance.md")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of the sizes, to try something")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    kept = {family: arguments.out / f"{family}.json" for family in FAMILIES}
    wanted = arguments.only or [family for family in FAMILIES if not kept[family].exists()]
    for family in wanted:
        print(f"measuring {family}", flush=True)
        with tempfile.TemporaryDirectory() as work:
            # Of its own: one that two processes write at once may crash whoever reads it.
            os.environ["NUMBA_CACHE_DIR"] = str(Path(work) / "numba")
            setting = [arguments.data, work, arguments.scale, arguments.repeats]
            words = map(str, [family, kept[family], *setting])
            done = subprocess.run([sys.executable, "-m", "benchmarks.speed.families", *words])
        if done.returncode:
            parser.exit(1, f"{family} failed\n")
    write_page(arguments.page, [read(path) for path in kept.values() if path.exists()])
    print(arguments.page)


if __name__ == "__main__":
    main()
