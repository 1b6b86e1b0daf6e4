"""A finished run as a part of another network."""

from dataclasses import dataclass
from pathlib import Path

from kerasfeat import KerasfeatError
from kerasfeat.experiment.hyperparameters import CLIP
from kerasfeat.experiment.run import Run, load
from kerasfeat.experiment.saved_model import load_model
from kerasfeat.experiment.seen import seen
from kerasfeat.songs.loading import Songs


@dataclass(frozen=True)
class Reused:
    """The part at `path`, with the weights of `run`, in a network that is trained on the Songs
    `table`.
    """

    path: str
    run: Run
    state: dict
    table: Songs

    def hyperparameters(self, trunk):
        """What the run was trained with, under the names that it has in a network with `trunk`."""
        given, own = self.state["hyperparameters"], trunk.part(self.path).hyperparameters
        found = {f"{self.path}.{name}": value for name, value in given.items() if name in own}
        return found | {
            name: value
            for name, value in given.items()
            if name == CLIP or name.partition(".")[0] in self.state["inputs"]
        }

    def give(self, network, experiment, parts):
        """Set the part's weights to the run's.

        Raises:
            KerasfeatError: if the run predicts or reads something else, or was trained on songs
                that are test songs now.
        """
        prepared, reads, now = (
            experiment.prepared,
            self.state["inputs"],
            experiment.target.to_json(),
        )
        differing = {
            "labels": (self.state["labels"], now["labels"]),
            "targets": (self.state["targets"], now["targets"]),
            "columns": (
                _columns(self.state["fields"], reads),
                _columns([field.to_json() for field in experiment.fields()], reads),
            ),
        }
        for what, (there, here) in differing.items():
            if there != here:
                raise KerasfeatError(
                    f"{self.run.path} can't be part of this network: its {what} are "
                    f"{there}, not {here}."
                )
        refuse_seen(self.run, self.table, prepared, parts == "test")
        weights = load_model(self.run).get_weights()
        try:
            network.parts[self.path].set_weights(weights)
        except ValueError as error:
            raise KerasfeatError(
                f"{self.run.path} can't be part of this network: its weights have other "
                f"shapes ({error})."
            ) from error


def refuse_seen(run, table, prepared, test):
    """Refuse a run that was trained on some of the test songs, or on their artists.

    Args:
        run: a finished Run.
        table: the Songs that the songs are of.
        prepared: these songs, Prepared.
        test: [songs] whether a song is a test song.
    """
    known = seen(prepared.frame, run, table, prepared.inputs.keys)[test]
    if known.any():
        raise KerasfeatError(
            f"{run.path} was trained on {int(known.sum())} of the {len(known)} test songs "
            "or their artists: the score would be too "
            "good. Train it on the same data with the same --seed and without --folds, or "
            "leave it out."
        )


def _columns(fields, names):
    """Tabular input -> its columns."""
    return {
        field["name"]: list(field["columns"])
        for field in fields
        if field["name"] in names and field["columns"]
    }


def find(paths, trunk, table):
    """The parts of `trunk`, to be trained on the Songs `table`, that the finished runs at `paths`
    were trained as.

    Raises:
        KerasfeatError: if a run is unfinished, or none of the parts.
    """
    found = []
    for path in paths:
        run = load(Path(path).absolute())
        state = run.read()
        if state["config"].get("bag"):
            raise KerasfeatError(
                f"{run.path} is {state['config']['bag']} networks, and no part of another: "
                "take a run without --bag."
            )
        free = [part for part in trunk.paths() if part not in [reused.path for reused in found]]
        fitting = [part for part in free if trunk.part(part).name == state["model"]]
        if not fitting:
            parts = ", ".join(f"{part} ({trunk.part(part).name})" for part in free) or "none"
            raise KerasfeatError(
                f"{run.path} is a {state['model']}, and model {trunk.name!r} has no such "
                f"part; its parts: {parts}."
            )
        found.append(Reused(fitting[0], run, state, table))
    return tuple(found)
