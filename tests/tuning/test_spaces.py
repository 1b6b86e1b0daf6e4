import pytest

from kerasfeat import KerasfeatError, search_ranges
from kerasfeat.audio.frontends import frontends
from kerasfeat.experiment.hyperparameters import resolve
from kerasfeat.networks.trunks import trunks
from kerasfeat.recipes import recipes
from kerasfeat.search_ranges import Between, Choices
from tuning.spaces import Dimension, derive, grid_size, keras_tuner_space

DROPOUT = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)


def space_of(model, inputs=(), recipe_space=None, fixed=(), over=(), **overrides):
    trunk = trunks.get(model)
    hyperparameters = resolve(trunk, {name: frontends.get(name) for name in inputs}, 5.0, overrides)
    return derive(hyperparameters, trunk, recipe_space or {}, fixed, over)


def test_the_tabular_space():
    assert space_of("tabular") == {
        "batch_size": Dimension(Choices((16, 32, 64, 128, 256)), 64),
        "mixup": Dimension(Choices((0.0, 0.1, 0.2, 0.4)), 0.0),
        "learning_rate": Dimension(Between(1e-4, 1e-2, log=True), 2e-3),
        "weight_decay": Dimension(Between(1e-6, 1e-1, log=True), 1e-2),
        "optimizer": Dimension(Choices(("adamw", "adam", "sgd")), "adamw"),
        "schedule": Dimension(
            Choices(("constant", "cosine", "plateau", "exponential")), "constant"
        ),
        "units": Dimension(Choices((16, 32, 64, 128, 256)), 128),
        "blocks": Dimension(Choices((1, 2, 3, 4)), 2),
        "submodels": Dimension(Choices((8, 16, 32)), 16),
        "dropout": Dimension(Choices(DROPOUT), 0.3),
        "bins": Dimension(Choices((2, 4, 8, 16, 48)), 8),
    }


def test_the_fusion_space_has_augmentation_and_the_front_ends_parameters():
    space = space_of("fusion", ("logmel", "mfcc"))
    assert {
        name: (dimension.range.values, dimension.default)
        for name, dimension in space.items()
        if name not in space_of("tabular")
    } == {
        "gain_db": ((0.0, 3.0, 6.0), 0.0),
        "shift_share": ((0.0, 0.25, 0.5), 0.0),
        "speed_share": ((0.0, 0.05, 0.1), 0.0),
        "pitch_semitones": ((0.0, 1.0, 2.0), 0.0),
        "time_mask_frames": ((0, 15, 30, 60), 0),
        "freq_mask_bands": ((0, 4, 8, 16), 0),
        "modality_dropout": (DROPOUT, 0.3),
        "frames": (("convolutional", "recurrent", "statistics"), "convolutional"),
        "clip_s": ((3.0, 5.0, 10.0), 5.0),
        "logmel.mels": ((40, 64, 96, 128), 96),
        "mfcc.mels": ((40, 64, 96, 128, 256), 256),
        "mfcc.coefficients": ((13, 20, 40), 20),
    }


def test_the_convolutional_space():
    space = space_of("convolutional", ("logmel",))
    assert {
        name: space[name].range.values for name in trunks.get("convolutional").hyperparameters
    } == {
        "filters": (16, 32, 64, 128),
        "kernel": (3, 5, 7, 9),
        "blocks": (1, 2, 3, 4),
        "dropout": DROPOUT,
        "convolution_dropout": DROPOUT,
    }


def test_the_published_grid_of_autoenchorder():
    assert {
        "learning_rate": Choices((0.0001, 0.0002, 0.0005, 0.001, 0.02)),
        "weight_decay": Choices((0.0, 0.0001, 0.0002)),
        "batch_size": Choices((200,)),
        "depth": Choices((7, 9, 12)),
        "outlier_mean": Choices((0.36,)),
        "outlier_alpha": Choices((2.0,)),
        "outlier_beta": Choices((2.0,)),
    } == search_ranges.AUTOENCHORDER


def test_what_keras_tuner_is_given():
    declared = keras_tuner_space(
        space_of("tabular", over=("learning_rate", "schedule", "units"))
    ).get_config()["space"]
    assert [
        (entry["class_name"], {k: v for k, v in entry["config"].items() if k != "conditions"})
        for entry in declared
    ] == [
        (
            "Float",
            {
                "name": "learning_rate",
                "default": 2e-3,
                "min_value": 1e-4,
                "max_value": 1e-2,
                "step": None,
                "sampling": "log",
            },
        ),
        (
            "Choice",
            {
                "name": "schedule",
                "default": "constant",
                "values": ["constant", "cosine", "plateau", "exponential"],
                "ordered": False,
            },
        ),
        (
            "Choice",
            {"name": "units", "default": 128, "values": [16, 32, 64, 128, 256], "ordered": True},
        ),
    ]


@pytest.mark.parametrize("name", trunks.names())
def test_every_trunk_can_be_searched_around_its_defaults(name):
    read = [own for own in frontends if own.field.leading_axis in trunks.get(name).takes]
    inputs = [own.name for own in read[:1]]
    space = space_of(name, inputs)
    declared = keras_tuner_space(space)
    numbers = {
        key
        for key, default in trunks.get(name).hyperparameters.items()
        if isinstance(default, (int, float)) and default > 0
    }
    assert numbers <= set(space)
    for key, dimension in space.items():
        assert declared.get(key) == dimension.default == dimension.grid[0]


@pytest.mark.parametrize("name", recipes.names())
def test_every_recipes_ranges_are_of_hyperparameters_it_has(name):
    recipe = recipes.get(name)
    for key, found in recipe.space.items():
        trunk, stages = (
            trunks.get(recipe.model),
            [stage.part for stage in recipe.stages if stage.part],
        )
        classes = {name: frontends.get(name) for name in recipe.inputs if name in frontends.names()}
        hyperparameters = resolve(trunk, classes, 5.0, recipe.hyperparameters, stages=stages)
        space = derive(hyperparameters, trunk, recipe.space, ())
        assert (key in space) == (len(found.values) > 1) and hyperparameters.to_json()[
            key
        ] in found.values


def test_a_recipe_narrows_and_widens_and_its_published_value_is_always_inside():
    recipe_space = {
        "units": Choices((7, 300)),
        "dropout": Choices((0.3,)),
        "learning_rate": Between(1e-6, 1e-5, log=True),
    }
    space = space_of("tabular", recipe_space=recipe_space, learning_rate=2e-5, weight_decay=0.0)
    assert space["units"] == Dimension(Choices((7, 128, 300)), 128)
    assert "dropout" not in space
    assert space["learning_rate"] == Dimension(Between(1e-6, 2e-5, log=True), 2e-5)
    assert space["weight_decay"].range.values == (
        0.0,
        1e-6,
        1.77828e-05,
        0.000316228,
        0.00562341,
        0.1,
    )


def test_what_is_fixed_is_not_searched_and_over_names_all_that_is():
    assert "units" not in space_of("tabular", fixed=("units",), units=19)
    space = space_of("tabular", over=("units", "blocks"))
    assert list(space) == ["units", "blocks"] and grid_size(space) == 5 * 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"over": ("unit",)}, "unknown hyperparameter 'unit'. Did you mean units"),
        (
            {"recipe_space": {"unit": Choices((1, 2))}},
            "unknown hyperparameter 'unit'. Did you mean units",
        ),
        (
            {"over": ("epochs",)},
            "'epochs' can't be searched: it has no range. Those that can: .*units",
        ),
        (
            {"over": ("units",), "fixed": ("units",)},
            "'units' can't be searched: it has a fixed value",
        ),
        (
            {"over": ("dropout",), "recipe_space": {"dropout": Choices((0.3,))}},
            "the search space is empty",
        ),
    ],
)
def test_bad_spaces_are_told(options, message):
    with pytest.raises(KerasfeatError, match=message):
        space_of("tabular", **options)
