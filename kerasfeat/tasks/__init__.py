"""What can be predicted, one file a task: each declares TASK, a Task."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kerasfeat.registry import Registry
from kerasfeat.songs.rows import Rows
from kerasfeat.targets import Target
from kerasfeat.targets.reading import with_targets


@dataclass(frozen=True)
class Task:
    """Something that can be predicted of songs.

    Attributes:
        name: of the task.
        target: what is learnt.
        description: one line for `kerasfeat list tasks`.
        clip_s: length of the windows that a song's audio is cut into, seconds.
        example: column of a table -> what a few songs have there, which its contract test reads.
    """

    name: str
    target: Target
    description: str
    clip_s: float = 5.0
    example: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)

    def read(self, rows: Rows, label: str | None) -> Rows:
        """The songs of a table that have the target; see kerasfeat.targets.reading.with_targets."""
        return with_targets(rows, self.name, self.target, label)

    def choose(self, names: Iterable[str] = ()) -> "Task":
        """The task restricted to some of its numbers, in the task's order; all by default.

        Raises:
            KerasfeatError: a name is none of the task's, or the task does not predict numbers.
        """
        names = tuple(names or ())
        return replace(self, target=self.target.only(names)) if names else self

    def with_ranges(self, ranges: Mapping[str, tuple[float, float]]) -> "Task":
        """The task with other ranges of its numbers, name -> (lowest, highest).

        Raises:
            KerasfeatError: a name is none of its numbers, or a range is none.
        """
        return replace(self, target=self.target.with_ranges(ranges))

    def binned(self, edges: Iterable[float]) -> "Task":
        """The task as one of labels: low and high, or low, medium and high.

        Args:
            edges: shares of the number's range at which one label ends; none for the number itself.

        Raises:
            KerasfeatError: the task predicts several numbers.
        """
        edges = tuple(edges)
        return replace(self, target=self.target.as_labels(edges)) if edges else self


tasks = Registry("task", "kerasfeat.tasks", "kerasfeat.tasks", Task, constant="TASK")
get, names, add = tasks.get, tasks.names, tasks.add
