"""Tasks, front-ends, trunks, recipes, and sources by name, found in their folders and in plug-ins.

How they are found is written once: in hub_models.registry, where backbones need it too.
"""

from collections.abc import Iterable
from typing import ClassVar

from hub_models.registry import Member, suggestion
from hub_models.registry import Registry as Members
from kerasfeat import KerasfeatError
from kerasfeat.progress import say


def unknown(kind: str, name: object, known: Iterable[str]) -> KerasfeatError:
    """The error for a name that is none of `known`, nearest names first."""
    return KerasfeatError(suggestion(kind, name, known))


class Registry(Members[Member]):
    """Members by name, found when they are first asked for; see hub_models.registry.Registry.

    Its errors are KerasfeatErrors. A plug-in that can't be loaded is told on stderr.
    """

    error: ClassVar[type[Exception]] = KerasfeatError

    def tell(self, message: str) -> None:
        """Say something to the user that is no error."""
        say(message)
