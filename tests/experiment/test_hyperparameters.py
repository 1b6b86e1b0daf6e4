import pytest

from kerasfeat import KerasfeatError
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import resolve
from kerasfeat.experiment.setup import by_size
from kerasfeat.networks.trunks import trunks


def test_later_overrides_win_and_text_is_read_as_the_defaults_type():
    found = resolve(
        trunks.get("tabular"),
        {},
        5.0,
        {"learning_rate": 1e-2, "units": 33},
        {"learning_rate": "3e-4", "epochs": "7"},
    )
    assert (found.training.learning_rate, found.training.epochs, found.trunk["units"]) == (
        3e-4,
        7,
        33,
    )


def test_a_front_ends_parameters_carry_its_name_and_windows_have_one_length():
    classes = {"logmel": frontends.get("logmel"), "mfcc": frontends.get("mfcc")}
    found = resolve(
        trunks.get("fusion"),
        classes,
        5.0,
        {"logmel.mels": "41", "clip_s": "2.5", "logmel.fmax_hz": "8000"},
    )
    assert found.frontends["logmel"].field.shape[1] == 41
    assert {frontend.clip_s for frontend in found.frontends.values()} == {2.5}
    assert found.frontends["logmel"].fmax_hz == 8000.0
    again = resolve(trunks.get("fusion"), classes, 5.0, found.to_json())
    assert again == found


def test_a_pitch_that_no_input_shows_is_refused():
    classes = {name: frontends.get(name) for name in ("waveform", "mfcc", "hpss")}
    assert (
        resolve(
            trunks.get("fusion"), classes, 5.0, {"pitch_semitones": "2"}
        ).training.pitch_semitones
        == 2.0
    )
    del classes["hpss"]
    for trunk, given in (("fusion", classes), ("tabular", {})):
        with pytest.raises(
            KerasfeatError,
            match="pitch_semitones changes spectrograms over frequency .bars, hpss, logmel, "
            ".*none of them",
        ):
            resolve(trunks.get(trunk), given, 5.0, {"pitch_semitones": "2"})


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"epochs": "many"}, "epochs='many' can't be read as int"),
        ({"epochs": "2.5"}, "epochs='2.5' can't be read as int"),
        ({"epochs": "0"}, "epochs is 0; it must be above 0"),
        ({"decay": "1.5"}, "decay is 1.5; it must be between 0 and 1"),
        ({"weight_decay": "-1"}, "weight_decay is -1.0; it must be 0 or more"),
        ({"schedule": "cosin"}, "unknown schedule 'cosin'. Did you mean cosine"),
        ({"clip_s": "3"}, "unknown hyperparameter 'clip_s'"),
    ],
)
def test_bad_values_are_told(override, message):
    with pytest.raises(KerasfeatError, match=message):
        resolve(trunks.get("tabular"), {}, 5.0, override)


def test_networks_of_very_many_songs_train_for_fewer_epochs_in_larger_batches():
    tabular = trunks.get("tabular")
    sizes = {songs: by_size(tabular, songs, True) for songs in (1_999, 2_000, 99_999, 100_000)}
    assert sizes[1_999] == {} and sizes[2_000] == sizes[99_999]
    assert sizes[2_000]["batch_size"] == 256 and "epochs" not in sizes[2_000]
    assert sizes[100_000] == sizes[2_000] | {"batch_size": 1024, "epochs": 10}
