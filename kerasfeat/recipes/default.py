"""The project's own recipe: what `fit` does when nobody names one."""

from kerasfeat.recipes import Recipe

RECIPE = Recipe(
    "default", "any task on the inputs that the data has, with the inputs' default trunk"
)
