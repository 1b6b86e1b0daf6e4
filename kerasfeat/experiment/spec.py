"""Everything that a result depends on."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

# The kinds of models that an ensemble is made of.
LINEAR, TREES, SUPPORT_VECTORS, NETWORK = "linear", "trees", "support_vectors", "network"
MEMBERS = (LINEAR, TREES, SUPPORT_VECTORS, NETWORK)


@dataclass(frozen=True)
class Spec:
    """An experiment.

    What is asked leaves out what shall be chosen; kerasfeat.experiment.setup chooses it by the
    recipe and the songs, and gives a Spec in which everything is said.

    Attributes:
        task: name of what is predicted.
        targets: those of the task's numbers that are predicted; empty for all.
        ranges: number -> [lowest, highest]; read from the table where it is not given.
        label: the table's column that holds the label.
        data: path of the table or folder; None for the synthesised songs.
        data_fingerprint: of its content.
        percent: share -> whether the table has it in percent.
        recipe: a complete experiment's name.
        model: name of the trunk.
        finetune: BACKBONE:LAYER, the backbone that trains from this layer up.
        inputs: names, in order.
        columns: of the input `features`; "all" for every column of numbers.
        hyperparameters: name -> value, as `--set` takes them.
        folds: of a cross-validation; None for one split.
        split: "artist", or "table" for the table's own column `split`.
        seed: of everything that is drawn.
        bag: networks, each trained on songs drawn with replacement; None for one.
        class_weights, balanced: weigh rare labels more; draw every label equally often.
        mixed_precision: compute in float16 where it is safe.
        strategy: "mirrored" to share each batch among this machine's GPUs; None for one device.
        decoder: of audio files, "soundfile" or "tensorflow-io".
        edges: shares of a number's range at which its labels end.
        reused: run directories whose networks are parts of this one.
        members: kinds of models that answer together, of MEMBERS; empty for one network, or in what
            is asked for the default.
        combined: run directories that are joined.
        refit_epochs: part -> epochs, for training on the validation songs too.
        learning_curve: train on parts of the training songs too.
    """

    task: str | None = None
    targets: tuple[str, ...] = ()
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    label: str | None = None
    data: str | None = None
    data_fingerprint: str | None = None
    percent: dict[str, bool] = field(default_factory=dict)
    recipe: str = "default"
    model: str | None = None
    finetune: str | None = None
    inputs: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    folds: int | None = None
    split: str = "artist"
    seed: int = 0
    bag: int | None = None
    class_weights: bool = False
    balanced: bool = False
    mixed_precision: bool = False
    strategy: str | None = None
    decoder: str = "soundfile"
    edges: tuple[float, ...] = ()
    reused: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    combined: tuple[str, ...] = ()
    refit_epochs: dict[str, int] = field(default_factory=dict)
    learning_curve: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dict that JSON holds."""
        return json.loads(json.dumps(asdict(self)))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Spec":
        """The Spec that `to_json` was called on; what is not there is as by default."""
        known = {own.name for own in fields(cls)}
        given = {name: value for name, value in values.items() if name in known}
        lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
        ranges = {name: tuple(limits) for name, limits in given.get("ranges", {}).items()}
        return cls(**{**given, **lists, "ranges": ranges})

    def key(self) -> str:
        """64 hexadecimal digits that two Specs share only if they are the same experiment."""
        text = json.dumps(self.to_json(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()
