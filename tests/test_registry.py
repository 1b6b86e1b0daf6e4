import pytest

from kerasfeat import KerasfeatError
from kerasfeat.fields import Field
from kerasfeat.registry import Registry
from kerasfeat.tasks import tasks


def test_every_task_file_is_found():
    assert tasks.names() == [
        "attributes",
        "danceability",
        "genre",
        "genres",
        "mood",
        "popularity",
        "valence",
    ]


def test_unknown_name_lists_the_nearest_first():
    with pytest.raises(
        KerasfeatError,
        match=r"unknown task 'genra'. Did you mean genre, genres\? Known: attributes, danceability",
    ):
        tasks.get("genra")


def test_a_name_taken_twice_is_refused():
    registry = Registry("thing", "kerasfeat.tasks")
    registry.add("one", 1)
    with pytest.raises(KerasfeatError, match="thing 'one' is registered twice"):
        registry.add("one", 2)


def test_targets_are_chosen_in_the_tasks_order():
    assert tasks.get("attributes").choose(["energy", "danceability"]).target.names == (
        "danceability",
        "energy",
    )


def test_unknown_target_and_target_of_a_label_are_refused():
    with pytest.raises(KerasfeatError, match="Did you mean energy"):
        tasks.get("attributes").choose(["enrgy"])
    with pytest.raises(
        KerasfeatError, match="'mood' has labels; --target applies to tasks that predict numbers"
    ):
        tasks.get("mood").choose(["energy"])


def test_field_gives_the_same_shape_to_keras_and_tensorflow():
    field = Field("logmel", [7, 5], ["frames", "mels"], unit="dB")
    assert field.keras_input().shape == (None, 7, 5)
    assert field.spec(batch=True).shape.as_list() == [None, 7, 5]
    assert field.spec().shape.as_list() == [7, 5]
    assert Field(**field.to_json()) == field


def test_field_needs_a_name_for_each_axis():
    with pytest.raises(ValueError, match="2 dimensions but 1 axis"):
        Field("logmel", (7, 5), ("frames",))
