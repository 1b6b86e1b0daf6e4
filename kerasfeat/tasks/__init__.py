"""What is predicted. A task owns its targets, its heads, and how both are read from a table; it imports no TensorFlow."""

from dataclasses import dataclass, replace

from kerasfeat import KerasfeatError
from kerasfeat.registry import Registry, unknown

CLASSES = "classes"
VALUES = "values"
LABELS = "labels"
THRESHOLD = 0.5  # a probability or value above it is a "yes"
BANDS = {1: ("low", "high"), 2: ("low", "medium", "high")}


@dataclass(frozen=True)
class Task:
    """A prediction target or a family of them.

    Attributes:
        name: of the task, and of its head where it predicts classes.
        kind: CLASSES (one label of several), VALUES (numbers in [0, 1]), or LABELS (any number of labels).
        targets: table columns that can be predicted; a VALUES task has one head for each. Of LABELS the column that lists a song's labels,
            which is called as the task; once a table is read, the labels themselves (`labelled`).
        description: one line for `kerasfeat list tasks`.
        scale: a target's table value divided by this lies in [0, 1].
        clip_s: length of the windows that a song's audio is cut into, seconds.
        edges: limits from 0 to 1 that make classes of a number; empty where the table holds the labels.
    """

    name: str
    kind: str
    targets: tuple
    description: str
    scale: float = 1.0
    clip_s: float = 5.0
    edges: tuple = ()

    @property
    def heads(self):
        """Names of the outputs."""
        return self.targets if self.kind == VALUES else (self.name,)

    @property
    def unit(self):
        """What an answer of 1 is in the table's unit; a probability stays one."""
        return self.scale if self.kind == VALUES else 1.0

    @property
    def columns(self):
        """Names of the table's columns that the targets are read from."""
        return (self.name,) if self.kind == LABELS else self.targets

    @property
    def bands(self):
        """The words for the classes that `edges` make, from the lowest."""
        return BANDS[len(self.edges)]

    def choose(self, targets=None):
        """The task restricted to some of its targets, in the task's order."""
        if not targets:
            return self
        if self.kind != VALUES:
            raise KerasfeatError(f"task {self.name!r} predicts labels; --target applies to tasks that predict numbers.")
        for target in targets:
            if target not in self.targets:
                raise unknown(f"target of task {self.name!r}", target, self.targets)
        return replace(self, targets=tuple(t for t in self.targets if t in targets))

    def banded(self, edges):
        """The task as one of classes: low and high, or low, medium and high, by where its number lies among `edges`."""
        if not edges:
            return self
        if self.targets != (self.name,) or self.kind != VALUES:
            raise KerasfeatError(f"task {self.name!r} does not predict one number, and only one becomes low and high.")
        return replace(self, kind=CLASSES, edges=tuple(edges))

    def labelled(self, labels):
        """A LABELS task that predicts these labels."""
        return replace(self, targets=tuple(labels))


def labels_given(labels, probabilities):
    """The labels that a song is given: those whose probability is above THRESHOLD."""
    return [label for label, probability in zip(labels, probabilities, strict=True) if probability > THRESHOLD]


tasks = Registry("task", "kerasfeat.tasks")
