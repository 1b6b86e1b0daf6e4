"""What is predicted. A task owns its targets, its heads, and how both are read from a table; it imports no TensorFlow."""

from dataclasses import dataclass

from kerasfeat import KerasfeatError
from kerasfeat.registry import Registry, unknown

CLASSES = "classes"
VALUES = "values"


@dataclass(frozen=True)
class Task:
    """A prediction target or a family of them.

    Attributes:
        name: of the task, and of its head where it predicts classes.
        kind: CLASSES (one label of several) or VALUES (numbers in [0, 1]).
        targets: table columns that can be predicted; a VALUES task has one head for each.
        description: one line for `kerasfeat list tasks`.
        scale: a target's table value divided by this lies in [0, 1].
        clip_s: length of the windows that a song's audio is cut into, seconds.
    """

    name: str
    kind: str
    targets: tuple
    description: str
    scale: float = 1.0
    clip_s: float = 5.0

    def choose(self, targets=None):
        """The task restricted to some of its targets, in the task's order."""
        if not targets:
            return self
        if self.kind == CLASSES:
            raise KerasfeatError(f"task {self.name!r} predicts one label; --target applies to tasks that predict numbers.")
        for target in targets:
            if target not in self.targets:
                raise unknown(f"target of task {self.name!r}", target, self.targets)
        return Task(**{**self.__dict__, "targets": tuple(t for t in self.targets if t in targets)})


tasks = Registry("task", "kerasfeat.tasks")
