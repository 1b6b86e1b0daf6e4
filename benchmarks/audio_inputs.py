"""Which inputs hear a song best, told by linear models on their sums over each song:

    python benchmarks/audio_inputs.py emotify [--folds 5] [--seeds 3]

The table has `genre`, `mood` and other columns of numbers from 0 to 1, Emotify's nine emotions. The
inputs are descriptors and what the backbones in the cache hear (`kerasfeat hub fetch musicnn_msd`),
their mean and deviation over a song's patches. Of several, each is standardised and weighted so
that all have the same sum of squares, however many numbers they have. Folds keep songs of one
artist, or of one sound, on one side.

Printed are, for each combination, the accuracy and log loss of genre and mood, the mean correlation
of the numbers, and what is left: log loss or mean squared error over that of the constant, the mean
of genre, mood and numbers. The last line is of the combination that inner folds of each fold's
training songs choose by what is left. The last column says how often they choose it.
"""

import argparse
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss
from threadpoolctl import threadpool_limits

import hub_models
from kerasfeat.arrays import Array
from kerasfeat.audio.decode import decode
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.dataset import extract_audio
from kerasfeat.simple.pooled import pool
from kerasfeat.songs import splits
from kerasfeat.songs.loading import load_songs

LABELS = ("genre", "mood")
DESCRIPTORS = ("mfcc", "logmel")
BACKBONES = ("yamnet", "musicnn_msd", "musicnn_mtt")
TOGETHER = ("musicnn_msd", "musicnn_mtt", "yamnet", "mfcc")  # compared in all combinations
# Beside the embedding of the same network.
MORE = ("max_pool", "mean_pool", "tags")
STRENGTH = 0.03  # of logistic regression, scikit-learn's C
PENALTIES = np.logspace(0, 4, 13)  # of ridge regression


@dataclass(frozen=True)
class Songs:
    """What is known of the songs.

    Attributes:
        blocks: input -> [songs, numbers].
        labels: column -> [songs].
        numbers: [songs, columns].
        groups: [songs], those of one group stay on one side.
    """

    blocks: dict[str, Array]
    labels: dict[str, Array]
    numbers: Array
    groups: Array


@dataclass(frozen=True)
class Answers:
    """What was said of the songs: probabilities by label, and numbers; NaN where nothing was."""

    labels: dict[str, Array]
    numbers: Array


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="folder or table with audio, as `fit --data` takes it")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    songs = read(options.data)
    combinations = combined([*songs.blocks])
    print(f"{'inputs':46}  genre           mood            numbers  left   chosen")
    with threadpool_limits(1):
        report(songs, combinations, options.folds, range(options.seeds))


def read(data: str) -> Songs:
    """The songs, with every input that can be had."""
    frame = load_songs(data, columns=("all",)).frame
    described = {name: frontends.get(name) for name in DESCRIPTORS}
    extracted = extract_audio(frame, described, "soundfile")
    used = [place for place, key in enumerate(extracted.keys) if key is not None]
    blocks: dict[str, list[Array]] = {}
    for place in used:
        for name, each in described.items():
            windows = extracted.store.read(each, extracted.keys[place])
            blocks.setdefault(name, []).append(pool(windows, each.field.axes))
    for backbone in filter(hub_models.is_cached, BACKBONES):
        outputs = [name for name in MORE if name in hub_models.get(backbone).outputs]
        hear = hub_models.Extractor(hub_models.build(backbone, outputs=["embedding", *outputs]))
        for place in used:
            for output, patches in hear(decode(frame["audio"].iloc[place], 16_000)[None]).items():
                name = backbone if output == "embedding" else f"{backbone}_{output}"
                sums = np.concatenate([patches[0].mean(axis=0), patches[0].std(axis=0)])
                blocks.setdefault(name, []).append(sums)
    groups, _ = splits.groups(frame, np.array(extracted.keys, object))
    shares = frame.select_dtypes("number").iloc[used]
    shares = shares.loc[:, shares.min().ge(0) & shares.max().le(1)]
    return Songs(
        {name: np.array(rows) for name, rows in blocks.items()},
        {name: frame[name].to_numpy()[used] for name in LABELS},
        shares.to_numpy(float),
        groups[used],
    )


def combined(names: Sequence[str]) -> list[tuple[str, ...]]:
    """Every input alone, and the combinations that are compared."""
    found = [(name,) for name in names]
    several = [name for name in TOGETHER if name in names]
    for size in range(2, len(several) + 1):
        found += itertools.combinations(several, size)
    for name in ("musicnn_msd", "musicnn_mtt"):
        found += [(name, f"{name}_{more}") for more in MORE if f"{name}_{more}" in names]
    return found


def report(
    songs: Songs, combinations: list[tuple[str, ...]], folds: int, seeds: Iterable[int]
) -> None:
    """A line for each combination, and one for what inner folds choose."""
    everyone = np.arange(len(songs.groups))
    scores: dict[tuple[str, ...], list[list[float]]] = {names: [] for names in combinations}
    chosen, picked = [], Counter[tuple[str, ...]]()
    for seed in seeds:
        answers, best = [nothing(songs) for _ in combinations], nothing(songs)
        for train, test in sides(songs, everyone, folds, seed):
            inner = [nothing(songs) for _ in combinations]
            for learnt, held_out in sides(songs, train, folds, seed + 1):
                answer(songs, combinations, learnt, held_out, inner)
            choice = int(np.argmin([scored(songs, each, train)[-1] for each in inner]))
            picked[combinations[choice]] += 1
            answer(songs, combinations, train, test, answers)
            answer(songs, [combinations[choice]], train, test, [best])
        for names, each in zip(combinations, answers, strict=True):
            scores[names].append(scored(songs, each, everyone))
        chosen.append(scored(songs, best, everyone))
    for names in sorted(combinations, key=lambda names: np.mean(scores[names], axis=0)[-1]):
        line("+".join(names), scores[names], str(picked[names]))
    line("chosen by inner folds", chosen, "")


def line(name: str, scores: list[list[float]], chosen: str) -> None:
    """The means over seeds."""
    genre, genre_loss, mood, mood_loss, r, left = np.mean(scores, axis=0)
    labels = f"{genre:.3f} ({genre_loss:.3f})   {mood:.3f} ({mood_loss:.3f})"
    print(f"{name:46}  {labels}   {r:.3f}    {left:.3f}  {chosen}", flush=True)


def sides(songs: Songs, some: Array, folds: int, seed: int) -> Iterable[tuple[Array, Array]]:
    """(Training, test) places of each fold of some songs."""
    mood = songs.labels["mood"][some]
    for parts in splits.folds(mood, songs.groups[some], folds, seed):
        yield some[parts != "test"], some[parts == "test"]


def nothing(songs: Songs) -> Answers:
    """Answers to be filled in."""
    sizes = {name: len(np.unique(values)) for name, values in songs.labels.items()}
    labels = {name: np.full((len(songs.groups), size), np.nan) for name, size in sizes.items()}
    return Answers(labels, np.full(songs.numbers.shape, np.nan))


def answer(
    songs: Songs,
    combinations: list[tuple[str, ...]],
    train: Array,
    test: Array,
    into: list[Answers],
) -> None:
    """Learn from the training songs by each combination, and fill in what it says of the others."""
    products = {name: products_of(block, train) for name, block in songs.blocks.items()}
    for names, answers in zip(combinations, into, strict=True):
        # A penalised linear model is a sum of songs: their products are all that it needs to know.
        of_all = sum(products[name] for name in names) / len(names)  # [songs, training songs]
        squares, axes = np.linalg.eigh(of_all[train])
        kept = squares > 1e-6 * squares[-1]
        x = of_all @ (axes[:, kept] / np.sqrt(squares[kept]))  # [songs, axes]
        for name, values in songs.labels.items():
            codes = np.unique(values, return_inverse=True)[1]
            model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(x[train], codes[train])
            answers.labels[name][test] = 1e-6
            answers.labels[name][np.ix_(test, model.classes_)] = model.predict_proba(x[test])
        ridge = RidgeCV(PENALTIES, alpha_per_target=True).fit(x[train], songs.numbers[train])
        answers.numbers[test] = ridge.predict(x[test])


def products_of(block: Array, train: Array) -> Array:
    """Scalar products with the training songs [songs, training songs] of columns that are
    standardised on them, as if there were 200 columns.
    """
    deviation = block[train].std(axis=0)
    values = (block - block[train].mean(axis=0)) / np.where(deviation == 0, 1, deviation)
    return values @ values[train].T * (200 / block.shape[1])


def scored(songs: Songs, answers: Answers, some: Array) -> list[float]:
    """Accuracy and log loss of each label, mean correlation, and what is left."""
    found, left = [], []
    for name, values in songs.labels.items():
        known, codes = np.unique(values, return_inverse=True)
        codes, said = codes[some], answers.labels[name][some]
        said = said / said.sum(axis=1, keepdims=True)
        loss = log_loss(codes, said, labels=range(len(known)))
        shares = np.bincount(codes) / len(codes)
        found += [float(np.mean(said.argmax(axis=1) == codes)), loss]
        left.append(loss / -np.sum(shares * np.log(shares)))
    pairs = list(zip(answers.numbers[some].T, songs.numbers[some].T, strict=True))
    found.append(float(np.mean([np.corrcoef(said, true)[0, 1] for said, true in pairs])))
    left.append(float(np.mean([np.mean((said - true) ** 2) / true.var() for said, true in pairs])))
    return [*found, float(np.mean(left))]


if __name__ == "__main__":
    main()
