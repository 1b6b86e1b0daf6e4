"""Options that every published recipe takes."""

from contextlib import nullcontext

import numpy as np
import pytest
import tensorflow as tf
from test_recipe_contract import BATCH, PUBLISHED, SMALLER, batch, hyperparameters, targets

from kerasfeat import KerasfeatError
from kerasfeat.audio import frontends
from kerasfeat.models import models
from kerasfeat.models.build import assemble
from kerasfeat.recipes import recipes
from kerasfeat.tasks import CLASSES
from kerasfeat.training.hyperparameters import resolve
from kerasfeat.training.mixup import mixup
from kerasfeat.training.stages import compile_model


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_stage_trains_on_mixed_songs(name, small):
    case = small(name)
    found = hyperparameters(case, {**SMALLER.get(name, {}), "mixup": "0.4"})
    network = assemble(case.task, case.fields, models.get(case.recipe.model), found.trunk, labels=case.labels)
    x = batch(case)
    next(iter(x.values()))[1] = np.nan  # a song without the first input
    for stage in case.recipe.stages:
        model, training = network.parts[stage.part] if stage.part else network.model, found.stage(stage.part)
        y = targets(case, model)
        if case.task.kind == CLASSES:
            one_hot = np.eye(len(case.labels), dtype="float32")
            y = {head: one_hot[values] if head == case.task.name else values for head, values in y.items()}
        given = {key: x[key] for key in model.input}, y, {head: np.ones(BATCH, "float32") for head in y}
        mix = mixup(training.mixup, [case.fields[key] for key in model.input], seed=1)
        compile_model(model, case.task, training, steps=1)
        model.run_eagerly = True
        history = model.fit(tf.data.Dataset.from_tensors(given).map(mix), epochs=1, shuffle=False, verbose=0)
        assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize("name", PUBLISHED)
def test_pitch_changes_what_reads_a_spectrogram_and_is_refused_elsewhere(name):
    recipe = recipes.get(name)
    audio = {i: frontends.get(i) for i in recipe.inputs if i != "features"}
    stages = [stage.part for stage in recipe.stages if stage.part]
    hears = bool({"logmel", "spectrogram", "hpss", "midside_logmel"} & set(audio))
    with nullcontext() if hears else pytest.raises(KerasfeatError, match="pitch_semitones changes spectrograms over frequency"):
        found = resolve(models.get(recipe.model), audio, 5.0, recipe.hyperparameters, {"pitch_semitones": "2"}, stages=stages)
        changed = found.training.augment({name: its for name, its in found.frontends.items() if its.bands_hz is not None})
        assert changed is not None
