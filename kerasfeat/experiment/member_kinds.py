"""Which kinds of models answer together, by what is asked for."""

from collections.abc import Sequence

from kerasfeat import KerasfeatError
from kerasfeat.experiment.spec import MEMBERS, NETWORK, Spec
from kerasfeat.networks.trunks import default_trunk, leading_axis
from kerasfeat.recipes import Recipe
from kerasfeat.registry import unknown

# From this many songs on, few networks of a kind are trained, on batches that are larger.
MANY_SONGS = 2000
# In place of a trunk's name, where several models answer.
ENSEMBLE = "ensemble"
# What only a network can be asked for: it is trained alone then.
NETWORKS_ALONE = ("model", "finetune", "bag", "reused", "class_weights", "balanced", "refit_epochs")


def members_of(asked: Spec, recipe: Recipe) -> tuple[str, ...]:
    """The kinds of models that answer together; none where one network answers.

    Raises:
        KerasfeatError: a kind is unknown, or something is asked for that only networks can.
    """
    for kind in asked.members:
        if kind not in MEMBERS:
            raise unknown("member", kind, MEMBERS)
    alone = [name for name in NETWORKS_ALONE if getattr(asked, name)]
    alone += ["recipe"] if recipe.model else []
    if alone and set(asked.members) - {NETWORK}:
        options = " and ".join(f"--{name.replace('_', '-')}" for name in alone)
        raise KerasfeatError(
            f"{options} is for one network, and --members {','.join(asked.members)} asks for "
            "several models: leave one of the two out."
        )
    wanted = asked.members or (() if alone else MEMBERS)
    return () if wanted == (NETWORK,) else wanted


def ensemble_trunk(names: Sequence[str], songs: int) -> str:
    """The trunk that reads these inputs beside other members.

    Below MANY_SONGS several networks are trained, each on most of the songs: frames are summed up
    by their statistics, which is quick.
    """
    axis = leading_axis(names[0])
    few = len(names) == 1 and songs < MANY_SONGS
    return (axis.few_songs_trunk if few else None) or default_trunk(names, songs)
