"""Members by name, found in one folder and in other packages that are installed.

A module of the folder declares its members in a constant, and each member has a `name`, which is
written nowhere else: adding a member is adding a file.
"""

import difflib
import importlib
import pkgutil
import warnings
from collections.abc import Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Generic, Protocol, TypeVar

from hub_models.errors import HubError


class Named(Protocol):
    """Something that has a name."""

    @property
    def name(self) -> str:
        """What users call it."""


Member = TypeVar("Member", bound=Named)
ADDED = "this program"  # where a member comes from that a program added while it ran


def suggestion(kind: str, name: object, known: Iterable[str]) -> str:
    """What to say of a name that is none of `known`: the nearest names first, then all of them.

    Args:
        kind: what the names are of, such as "task".
        name: as it was received.
        known: those that there are.
    """
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    if Path(str(name)).is_file():
        hint = " It is a file: does it belong to another option?"
    return f"unknown {kind} {name!r}.{hint} Known: {', '.join(known) or 'none'}."


class Registry(Generic[Member]):
    """Members by name, found when they are first asked for.

    Attributes:
        kind: what a member is, for messages.
        package: the folder, as a dotted name; its modules, and those of folders within it, hold
            members alone.
        group: the entry points by which other packages add members. Each names a module as those of
            the folder are, or a folder of such modules.
        member_type: the class of all members.
        constant: the name under which a module declares a member or a tuple of members; None where
            members are whatever instances of `member_type` a module has.
    """

    error: ClassVar[type[Exception]] = HubError

    def __init__(
        self,
        kind: str,
        package: str,
        group: str,
        member_type: type[Member],
        constant: str | None = None,
    ) -> None:
        self.kind, self.package, self.group = kind, package, group
        self.member_type, self.constant = member_type, constant
        # name -> (the member, where it comes from)
        self._members: dict[str, tuple[Member, str]] = {}
        self._searched = False

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._found())

    def get(self, name: str) -> Member:
        """The member called `name`.

        Raises:
            HubError: there is none; the message lists the nearest names. Kerasfeat's own registries
                raise KerasfeatError.
        """
        found = self._found()
        if name not in found:
            raise self.error(suggestion(self.kind, name, found))
        return found[name][0]

    def __iter__(self) -> Iterator[Member]:
        """All members, by name."""
        return (self.get(name) for name in self.names())

    def add(self, member: Member) -> Member:
        """Add a member for as long as this process runs, such as one of a notebook.

        One of its name that was added before is replaced: a notebook's cell runs again.

        Raises:
            HubError: a file or a plug-in has its name; KerasfeatError of kerasfeat's own
                registries.
        """
        found = self._found()
        if found.get(member.name, (None, ""))[1] == ADDED:
            del found[member.name]
        self._put(found, member, ADDED)
        return member

    def tell(self, message: str) -> None:
        """Say something to the user that is no error."""
        warnings.warn(message, stacklevel=2)

    def _found(self) -> dict[str, tuple[Member, str]]:
        if not self._searched:
            found: dict[str, tuple[Member, str]] = {}
            for module in _modules(importlib.import_module(self.package)):
                for member in self._declared(module):
                    self._put(found, member, module.__name__)
            for entry in sorted(entry_points(group=self.group), key=lambda entry: entry.name):
                for member in self._loaded(entry):
                    self._put(found, member, _called(entry))
            self._members, self._searched = found, True
        return self._members

    def _put(self, members: dict[str, tuple[Member, str]], member: Member, origin: str) -> None:
        taken = members.get(member.name)
        if taken and taken[0] is not member:
            raise self.error(
                f"two {self.kind}s are called {member.name!r}: one of {taken[1]}, one of {origin}. "
                "Give one of them another name, or remove it."
            )
        members.setdefault(member.name, (member, origin))

    def _declared(self, module: ModuleType) -> tuple[Member, ...]:
        """The members that a module declares."""
        if self.constant is None:
            values = tuple(v for v in vars(module).values() if isinstance(v, self.member_type))
        else:
            value = getattr(module, self.constant, ())
            values = value if isinstance(value, tuple) else (value,)
        if not values or not all(isinstance(value, self.member_type) for value in values):
            wanted = self.member_type.__name__
            how = f"{self.constant}, a {wanted} or a tuple of them," if self.constant else wanted
            raise self.error(
                f"{module.__name__} has no {how} and so it is no {self.kind}: declare one there, "
                "or move what it holds elsewhere."
            )
        return values

    def _loaded(self, entry: EntryPoint) -> list[Member]:
        """The members of a plug-in; none, and a message, of one that can't be loaded."""
        try:
            module = entry.load()
            return [member for each in _modules(module) for member in self._declared(each)]
        except Exception as error:  # a plug-in is another's code: whatever it raises, ours goes on
            self.tell(
                f"{_called(entry)} can't be loaded, and its {self.kind}s are left out: "
                f"{type(error).__name__}: {error}"
            )
            return []


def _modules(module: ModuleType) -> Iterator[ModuleType]:
    """The module; of a package the modules in it and in the packages within."""
    if not hasattr(module, "__path__"):
        yield module
        return
    for found in pkgutil.iter_modules(module.__path__, f"{module.__name__}."):
        yield from _modules(importlib.import_module(found.name))


def _called(entry: EntryPoint) -> str:
    package = entry.dist.name if entry.dist else "unknown"
    return f"plug-in {package!r} ({entry.name} = {entry.value})"
