"""Options that every published recipe takes."""

import numpy as np
import pytest
import tensorflow as tf
from test_recipe_contract import BATCH, PUBLISHED, SMALLER, batch, hyperparameters, targets

from kerasfeat.models import models
from kerasfeat.models.build import assemble
from kerasfeat.tasks import CLASSES
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
