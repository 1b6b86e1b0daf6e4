"""A finished run as a part of another network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kerasfeat import KerasfeatError
from kerasfeat.experiment.dataset import Dataset
from kerasfeat.experiment.folds import Split
from kerasfeat.experiment.hyperparameters import CLIP
from kerasfeat.experiment.run_directory import RunDirectory, load
from kerasfeat.experiment.saved_model import load_model
from kerasfeat.experiment.seen import seen
from kerasfeat.files import expanded
from kerasfeat.networks.assembly import Network
from kerasfeat.networks.trunks import Trunk
from kerasfeat.songs.loading import Songs


@dataclass(frozen=True)
class Reused:
    """The part at `path`, with the weights of `run`, in a network that is trained on the Songs
    `table`.
    """

    path: str
    run: RunDirectory
    state: dict[str, Any]
    table: Songs

    def hyperparameters(self, trunk: Trunk) -> dict[str, Any]:
        """What the run was trained with, under the names that it has in a network with `trunk`."""
        given, own = self.state["hyperparameters"], trunk.part(self.path).hyperparameters
        chosen = {f"{self.path}.{name}": value for name, value in given.items() if name in own}
        return chosen | {
            name: value
            for name, value in given.items()
            if name == CLIP or name.partition(".")[0] in self.state["inputs"]
        }

    def copy_weights(self, network: Network, dataset: Dataset, split: Split) -> None:
        """Set the part's weights to the run's.

        Raises:
            KerasfeatError: the run predicts or reads something else, or was trained on songs that
                are test songs now.
        """
        reads, now = self.state["inputs"], dataset.target.to_json()
        fields = [field.to_json() for field in dataset.fields]
        differing = {
            "labels": (self.state["labels"], now["labels"]),
            "targets": (self.state["targets"], now["targets"]),
            "columns": (_columns(self.state["fields"], reads), _columns(fields, reads)),
        }
        for what, (there, here) in differing.items():
            if there != here:
                raise KerasfeatError(
                    f"{self.run.path} can't be part of this network: its {what} are "
                    f"{there}, not {here}."
                )
        refuse_seen(self.run, self.table, dataset, split)
        weights = load_model(self.run).get_weights()
        try:
            network.parts[self.path].set_weights(weights)
        except ValueError as error:
            raise KerasfeatError(
                f"{self.run.path} can't be part of this network: its weights have other "
                f"shapes ({error})."
            ) from error


def refuse_seen(run: RunDirectory, table: Songs, dataset: Dataset, split: Split) -> None:
    """Refuse a run that was trained on some of the test songs, or on their artists.

    Args:
        run: a finished one.
        table: that the songs are of.
        dataset: these songs.
        split: which of them are tested.
    """
    known = seen(dataset.songs, run, table, dataset.inputs.keys)[split.of("test")]
    if known.any():
        raise KerasfeatError(
            f"{run.path} was trained on {int(known.sum())} of the {len(known)} test songs "
            "or their artists: the score would be too good. Train it on the same data with "
            "the same --seed and without --folds, or leave it out."
        )


def _columns(fields: Sequence[dict[str, Any]], names: Sequence[str]) -> dict[str, list[str]]:
    """Tabular input -> its columns."""
    return {
        field["name"]: list(field["columns"])
        for field in fields
        if field["name"] in names and field["columns"]
    }


def find(paths: Sequence[str], trunk: Trunk, table: Songs) -> tuple[Reused, ...]:
    """The parts of `trunk`, to be trained on the Songs `table`, that the finished runs at `paths`
    were trained as.

    Raises:
        KerasfeatError: if a run is unfinished, or none of the parts.
    """
    taken: list[Reused] = []
    for path in paths:
        run = load(expanded(path).absolute())
        state = run.read()
        if state["config"].get("bag"):
            raise KerasfeatError(
                f"{run.path} is {state['config']['bag']} networks, and no part of another: "
                "take a run without --bag."
            )
        free = [part for part in trunk.paths() if part not in [reused.path for reused in taken]]
        fitting = [part for part in free if trunk.part(part).name == state["model"]]
        if not fitting:
            parts = ", ".join(f"{part} ({trunk.part(part).name})" for part in free) or "none"
            raise KerasfeatError(
                f"{run.path} is a {state['model']}, and model {trunk.name!r} has no such "
                f"part; its parts: {parts}."
            )
        taken.append(Reused(fitting[0], run, state, table))
    return tuple(taken)
