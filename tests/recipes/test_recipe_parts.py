"""What the frozen parts of a recipe know is computed once; inputs that do not fit are told."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from recipe_cases import SONGS, example_case

from kerasfeat import KerasfeatError
from kerasfeat.experiment.importance import _cut_behind_audio
from kerasfeat.experiment.stages import cached_frozen_parts, compile_model, frozen
from kerasfeat.fields import COEFFICIENTS, COLUMNS, FRAMES, Field
from kerasfeat.networks.assembly import assemble
from kerasfeat.networks.trunks import trunks
from kerasfeat.pipeline.batches import ordered_batches, predict_windows
from kerasfeat.pipeline.inputs import Inputs
from kerasfeat.recipes import recipes

PUBLISHED = [name for name in recipes.names() if name != "default"]


class Windows:
    """Two windows of a song for every input that is read by the window, as a Store gives them."""

    def __init__(self, x):
        self.x = x

    def windows(self, frontend, key):
        return 2

    def read(self, frontend, key):
        return np.stack(
            [self.x[frontend.field.name][key], np.flip(self.x[frontend.field.name][key])]
        )


@pytest.mark.parametrize(
    "name", [name for name in PUBLISHED if any(stage.freeze for stage in recipes.get(name).stages)]
)
def test_what_is_behind_frozen_parts_trains_as_the_whole(name):
    case = example_case(recipes.get(name))
    keras.utils.set_random_seed(3)
    network, x = case.network(), case.batch()
    tables = [key for key, field in case.fields.items() if field.axes == (COLUMNS,)]
    ends = np.cumsum([x[key].shape[1] for key in tables])
    groups = {
        key: tuple(range(end - x[key].shape[1], end)) for key, end in zip(tables, ends, strict=True)
    }
    audio = {
        key: SimpleNamespace(field=field) for key, field in case.fields.items() if key not in tables
    }
    inputs = Inputs(
        np.concatenate([x[key] for key in tables], axis=1),
        audio,
        list(range(SONGS)),
        Windows(x),
        groups,
    )
    for stage in (stage for stage in case.recipe.stages if stage.freeze):
        model = network.parts[stage.part] if stage.part else network.model
        own = inputs.only(model.input)
        songs = np.array([0, 2])
        with frozen(network, stage.freeze):
            still = [
                np.asarray(weight).copy()
                for path in stage.freeze
                for weight in network.parts[path].weights
            ]
            with cached_frozen_parts(network, model, stage.freeze, own, songs) as (rest, known):
                assert len(rest.trainable_weights) == len(model.trainable_weights) > 0
                assert known.answers and set(known.names) < set(own.names)
                before, whole = (
                    predict_windows(one, its, songs)[0]
                    for one, its in ((rest, known), (model, own))
                )
                compile_model(rest, case.target, case.found.stage(stage.part), 1, case.truth)
                answers, _ = ordered_batches(known, songs, 4)
                y = {
                    head: np.repeat(values[songs], known.counts[songs], axis=0)
                    for head, values in case.answers(rest).items()
                }
                rest.fit(answers.map(lambda given, y=y: (given, y)), shuffle=False, verbose=0)
                after = predict_windows(rest, known, songs)[0]
        for head in model.output:
            np.testing.assert_allclose(before[head], whole[head], atol=1e-5)
            np.testing.assert_allclose(
                after[head], predict_windows(model, own, songs)[0][head], atol=1e-5
            )
        assert any(np.abs(after[head] - before[head]).max() > 0 for head in model.output)
        now = [
            np.asarray(weight).copy()
            for path in stage.freeze
            for weight in network.parts[path].weights
        ]
        assert all(np.array_equal(old, new) for old, new in zip(still, now, strict=True))


def test_inputs_that_do_not_fit_are_told():
    case, hitmusicnet = (
        example_case(recipes.get(name)) for name in ("mood-ensemble-rnn", "hitmusicnet")
    )

    def refused(told, fields, model=case.trunk.name, target=case.target, **hyperparameters):
        with pytest.raises(KerasfeatError, match=told):
            assemble(target, fields, trunks.get(model), hyperparameters)

    features = {"features": case.fields["features"]}
    refused("'mood_ensemble_rnn' needs an input whose first axis is frames", features)
    refused("received features", features)
    mfcc = Field("mfcc", (22, 20), (FRAMES, COEFFICIENTS))
    doubled = {**case.fields, "mfcc": mfcc}
    refused("model 'mood_rnn' reads one input, not logmel, mfcc", doubled)
    refused("join is 'heads'; it must be outputs or penultimate", case.fields, join="heads")
    refused("'random_normal' predicts numbers, and 'mood' has labels", case.fields, "random_normal")
    refused(
        "model 'autoencoder' makes no prediction of its own",
        hitmusicnet.fields,
        "autoencoder",
        hitmusicnet.target,
    )
    short = {"mfcc": Field("mfcc", (9, 20), (FRAMES, COEFFICIENTS))}
    complex_cnn = example_case(recipes.get("sfp-complex-cnn")).target
    told = r"model 'sfp_complex_cnn' can't be built on mfcc \[9, 20\]"
    refused(told, short, "sfp_complex_cnn", complex_cnn)


@pytest.mark.parametrize("name", [name for name in PUBLISHED if len(recipes.get(name).inputs) > 1])
def test_what_one_audio_input_determines_can_be_parted_from_the_rest(name):
    case = example_case(recipes.get(name))
    network, x = case.network(), case.batch()
    audio = [key for key in case.fields if key != "features"]
    halves = _cut_behind_audio(network.model, set(audio))
    heard = iter(keras.tree.flatten(halves.hear.predict_on_batch({key: x[key] for key in audio})))
    answers = halves.answer.predict_on_batch(
        [next(heard) if owner in audio else x[owner] for owner in halves.owners]
    )
    whole = network.model.predict_on_batch(x)
    assert all(np.allclose(answers[head], whole[head], atol=1e-5) for head in case.target.heads)
