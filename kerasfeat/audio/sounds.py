"""What the backbones on this machine call what they hear: YAMNet's sounds, musicnn's tags."""

from collections.abc import Mapping

import numpy as np
import tensorflow as tf

import hub_models
from kerasfeat import KerasfeatError, hub
from kerasfeat.arrays import Array
from kerasfeat.audio.frontends import frontends
from kerasfeat.audio.frontends.backbones import Heard
from kerasfeat.audio.spectra import FrontEnd
from kerasfeat.audio.windows import cut


def naming_inputs() -> dict[str, FrontEnd]:
    """The inputs that give probabilities of words, of each backbone on this machine.

    Raises:
        KerasfeatError: there is none; the message says how to get them.
    """
    known = [backbone for backbone in hub_models.backbones if backbone.scores]
    there = {backbone.name for backbone in known if hub_models.is_cached(backbone.name)}
    if not there:
        offers = " ".join(hub_models.offer(backbone.name) for backbone in known)
        raise KerasfeatError(f"no network here names what it hears. {offers}")
    return {
        front_end.name: front_end
        for front_end in frontends
        if isinstance(front_end, Heard)
        and front_end.backbone.name in there
        and front_end.output == front_end.backbone.scores
    }


def words(probabilities: Mapping[str, Array]) -> dict[str, float]:
    """The words that were heard, the most probable first.

    Args:
        probabilities: of `naming_inputs`, by their names, [..., classes] over windows and patches.

    Returns:
        word -> its mean probability; of a word that several backbones know, the mean of theirs.
    """
    found: dict[str, list[float]] = {}
    for name, values in probabilities.items():
        front_end = frontends.get(name)
        assert isinstance(front_end, Heard)
        means = values.reshape(-1, values.shape[-1]).mean(axis=0)  # [classes]
        for word, mean in zip(hub.class_names(front_end.backbone.name), means, strict=True):
            found.setdefault(word, []).append(float(mean))
    joined = {word: float(np.mean(each)) for word, each in found.items()}
    return dict(sorted(joined.items(), key=lambda item: -item[1]))


def hear(waveform: Array) -> dict[str, float]:
    """What is heard in one waveform.

    Args:
        waveform: float32 [samples], mono at 16 kHz, in [-1, 1], of any length.

    Returns:
        As `words`.

    Raises:
        KerasfeatError: no backbone that names what it hears is on this machine.
    """
    probabilities = {}
    for name, front_end in naming_inputs().items():
        clips = cut(np.asarray(waveform, np.float32), front_end.clip_samples)
        probabilities[name] = np.asarray(front_end(tf.constant(clips)))
    return words(probabilities)
