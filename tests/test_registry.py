"""How members are found: in a folder, and at run time. Plug-ins are in test_plugins.py."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

import kerasfeat as kf
from kerasfeat import KerasfeatError
from kerasfeat.fields import COLUMNS, FRAMES, MELS, Axis, Field
from kerasfeat.recipes import recipes
from kerasfeat.registry import Registry
from kerasfeat.tasks import Task, tasks

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Thing:
    name: str


@pytest.fixture
def things(tmp_path, monkeypatch):
    """Function from {file: code} to a registry of the folder that holds them."""
    monkeypatch.syspath_prepend(tmp_path)
    package = f"things_of_{tmp_path.name}"

    def registry(files, constant="THING"):
        for name, code in {"__init__.py": "", **files}.items():
            path = tmp_path / package / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"from test_registry import Thing\n{code}\n")
        return Registry("thing", package, "kerasfeat.no_such_group", Thing, constant)

    yield registry
    for name in [name for name in sys.modules if name.startswith(package)]:
        del sys.modules[name]


def test_members_are_declared_one_or_several_in_files_and_folders(things):
    found = things(
        {
            "one.py": "THING = Thing('cup')",
            "several.py": "THING = (Thing('bowl'), Thing('dish'))",
            "within/__init__.py": "",
            "within/deep.py": "THING = Thing('ant')",
        }
    )
    assert found.names() == ["ant", "bowl", "cup", "dish"]
    assert [thing.name for thing in found] == found.names()
    assert found.get("cup") == Thing("cup")


def test_members_without_a_constant_are_whatever_instances_a_file_has(things):
    found = things({"both.py": "x, y, z = Thing('left'), Thing('right'), 3"}, constant=None)
    assert found.names() == ["left", "right"]


@pytest.mark.parametrize("code", ["OTHER = Thing('cup')", "THING = ()", "THING = 'cup'"])
def test_a_file_that_is_no_member_is_an_error_that_names_it(things, code):
    found = things({"cup.py": "THING = Thing('cup')", "helper.py": code})
    with pytest.raises(KerasfeatError, match=r"\.helper has no THING, a Thing or a tuple of them"):
        found.names()
    with pytest.raises(KerasfeatError, match=r"\.helper has no THING"):
        found.get("cup")  # and again: half of the members would be a riddle


def test_two_members_of_one_name_are_an_error_that_says_where_both_are(things):
    found = things({"first.py": "THING = Thing('cup')", "second.py": "THING = Thing('cup')"})
    with pytest.raises(
        KerasfeatError, match=r"called 'cup': one of \S+\.first, one of \S+\.second"
    ):
        found.names()


def test_a_member_of_this_program_is_found_beside_the_others(things):
    found = things({"one.py": "THING = Thing('cup')"})
    found.add(Thing("hat"))
    assert found.names() == ["cup", "hat"]
    with pytest.raises(KerasfeatError, match=r"called 'cup': one of \S+\.one, one of this"):
        found.add(Thing("cup"))


def test_a_name_that_a_file_has_is_refused_before_members_are_asked_for(things):
    found = things({"one.py": "THING = Thing('cup')"})
    with pytest.raises(KerasfeatError, match=r"called 'cup': one of \S+\.one, one of this"):
        found.add(Thing("cup"))
    assert found.names() == ["cup"]


def test_a_member_that_is_added_again_takes_the_place_of_the_earlier_one(things):
    found = things({"one.py": "THING = Thing('cup')"})
    for first in (Thing("hat"), Thing("hat")):
        found.add(first)
    last = found.add(Thing("hat"))
    assert found.names() == ["cup", "hat"] and found.get("hat") is last
    again = found.add(Thing("hat"))
    assert found.get("hat") is again


def test_tasks_and_recipes_are_added_by_their_public_names():
    task = replace(kf.tasks.get("mood"), name="mood_of_a_notebook")
    recipe = replace(kf.recipes.get("mood-mlp"), name="mlp-of-a-notebook")
    try:
        for _ in range(2):  # a cell that runs again
            kf.tasks.add(replace(task)), kf.recipes.add(replace(recipe))
        assert task.name in kf.tasks.names() and kf.recipes.get(recipe.name) == recipe
    finally:
        del tasks._members[task.name], recipes._members[recipe.name]


def test_unknown_name_lists_the_nearest_first():
    with pytest.raises(
        KerasfeatError, match=r"unknown task 'genra'. Did you mean genre, genres.*\? Known: "
    ):
        tasks.get("genra")


@pytest.mark.parametrize("folder", ["tasks", "recipes", "datasets/sources", "audio/frontends"])
def test_a_name_is_written_once_and_no_list_names_the_files(folder):
    files = {path.stem for path in (ROOT / "kerasfeat" / folder).glob("*.py")} - {"__init__"}
    listing = (ROOT / "kerasfeat" / folder / "__init__.py").read_text(encoding="utf-8")
    assert not [name for name in files if f"import {name}" in listing or f'"{name}"' in listing]


def test_targets_are_chosen_in_the_tasks_order():
    chosen = tasks.get("attributes").choose(["energy", "danceability"])
    assert chosen.target.heads == ("danceability", "energy")


def test_unknown_target_and_target_of_a_label_are_refused():
    with pytest.raises(KerasfeatError, match="Did you mean valence"):
        tasks.get("valence").choose(["valense"])
    with pytest.raises(KerasfeatError, match="has labels; --target"):
        tasks.get("mood").choose(["energy"])
    assert isinstance(tasks.get("mood"), Task)


def test_field_gives_the_same_shape_to_keras_and_tensorflow():
    field = Field("logmel", (7, 5), (FRAMES, MELS), unit="dB")
    assert field.keras_input().shape == (None, 7, 5)
    assert field.spec(batch=True).shape.as_list() == [None, 7, 5]
    assert field.spec().shape.as_list() == [7, 5]


def test_field_comes_back_from_json_with_its_axes():
    field = Field("logmel", (7, 5), (FRAMES, Axis("hands", is_time=True)))
    assert field.to_json()["axes"] == ("frames", "hands")
    again = Field(**{**field.to_json(), "axes": ["frames", "hands"], "shape": [7, 5]})
    assert again == field and again.leading_axis.default_trunk == "convolutional"


def test_axes_of_one_name_are_the_same_axis():
    assert Axis("columns", is_time=True) == COLUMNS != FRAMES
    assert len({Axis("columns"), COLUMNS, FRAMES}) == 2


def test_field_needs_a_name_for_each_axis():
    with pytest.raises(ValueError, match="2 dimensions but 1 axis"):
        Field("logmel", (7, 5), (FRAMES,))
