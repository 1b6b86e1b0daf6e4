"""Complete experiments as data: task, inputs, trunk, hyperparameters, and where they come from. One file a publication."""

from dataclasses import dataclass, field

from kerasfeat.registry import Registry


@dataclass(frozen=True)
class Recipe:
    """A named experiment.

    Attributes:
        name: what `--recipe` takes.
        description: one line.
        task: the task it was made for; None for any.
        inputs: input names in order; empty for what the data has.
        columns: tabular input -> the columns that it is restricted to, where that is not all that the data has.
        model: trunk name; None for the inputs' default.
        hyperparameters: values that differ from the defaults of training, trunk, and front-ends (`logmel.mels`).
        reference: publication, None for the project's own.
        reported: its published figure, on its authors' own data.
    """

    name: str
    description: str
    task: str | None = None
    inputs: tuple = ()
    columns: dict = field(default_factory=dict)
    model: str | None = None
    hyperparameters: dict = field(default_factory=dict)
    reference: str | None = None
    reported: str | None = None


recipes = Registry("recipe", "kerasfeat.recipes")
