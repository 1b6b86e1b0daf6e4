"""What an export's answers leave in memory: a thousand of each signature, of other sizes each time.

    python benchmarks/attacks/answers_memory.py --answers 1000

Survived is a process that is no larger after them than it was when it had answered some.
"""

import argparse
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import warm
from harness import Tally, fit_words, write_songs

MOST_MB = 24
FIRST = 100  # answers, after which all that is kept once is there


def resident_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def request(specs: Mapping[str, Any], draw: np.random.Generator) -> dict[str, Any]:
    """Inputs of a signature, for some songs of some length."""
    import tensorflow as tf

    songs, free = int(draw.integers(1, 9)), int(draw.integers(9_000, 90_000))
    made = {}
    for name, spec in specs.items():
        shape = [songs, *(free if size is None else size for size in spec.shape[1:])]
        if spec.dtype.is_integer:
            made[name] = tf.fill(shape, tf.constant(free, spec.dtype))
        else:
            made[name] = tf.constant(draw.random(shape), spec.dtype)
    return made


def fault_of(signature: Any, answers: int) -> str:
    """What is wrong with the memory after so many answers of a signature."""
    specs, draw = signature.structured_input_signature[1], np.random.default_rng(0)
    for number in range(answers):
        if number == FIRST:
            before_mb = resident_mb()
        signature(**request(specs, draw))
    more_mb = resident_mb() - before_mb
    print(f"  {more_mb:+.1f} MB after {answers - FIRST} more answers of {sorted(specs)}")
    return f"{more_mb:.0f} MB more" if more_mb > MOST_MB else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1000)
    answers, tally = parser.parse_args().answers, Tally("memory over answers")
    warm.warm_up()
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary)
        sounds = str(home / "sounds")
        heard = ["fit", "--task", "mood", "--data", sounds, "--inputs", "features,logmel"]
        small = ["--set", "epochs=1", "--set", "clip_s=1", "--members", "network"]
        for words in (
            fit_words(write_songs(home / "songs.csv"), home / "tabular"),
            ["data", "demo", sounds, "--songs", "48"],
            [*heard, *small, "--out", str(home / "fused")],
            ["export", str(home / "tabular"), str(home / "exports"), "--name", "tabular"],
            ["export", str(home / "fused"), str(home / "exports"), "--name", "fused"],
        ):
            ended = warm.run(words, KERASFEAT_CACHE=str(home / "cache"))
            assert ended.code == 0, ended.err
        for version in sorted((home / "exports").glob("*/1")):
            model = tf.saved_model.load(str(version))
            for name, signature in model.signatures.items():
                if not any(
                    spec.dtype == tf.string
                    for spec in signature.structured_input_signature[1].values()
                ):
                    tally.add(f"{version.parent.name} {name}", fault_of(signature, answers))
    tally.finish()


if __name__ == "__main__":
    main()
