"""The project's own recipe: what `fit` does when nobody names one."""

from kerasfeat.recipes import Recipe, recipes

recipes.add(
    "default",
    Recipe("default", "any task on the inputs that the data has, with the inputs' default trunk"),
)
