"""Named collections whose members are discovered in a package, one file a member or a family of
members.
"""

import difflib
import importlib
import pkgutil

from kerasfeat import KerasfeatError


def unknown(kind, name, known):
    """The error for a name that is not one of `known`, nearest names first."""
    near = difflib.get_close_matches(str(name), list(known), n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return KerasfeatError(
        f"unknown {kind} {name!r}.{hint} Known: {', '.join(sorted(known)) or 'none'}."
    )


class Registry:
    """A collection of values by name; the modules of `package` are imported on the first look-up
    and add themselves.
    """

    def __init__(self, kind, package):
        self.kind = kind
        self._package = package
        self._members = {}
        self._discovered = False

    def add(self, name, value):
        """Register `value`; a name taken by another module is refused."""
        if name in self._members:
            raise KerasfeatError(
                f"{self.kind} {name!r} is registered twice; give one of them another name."
            )
        self._members[name] = value
        return value

    def names(self):
        """All names, sorted."""
        self._discover()
        return sorted(self._members)

    def get(self, name):
        """The member called `name`, or an error that lists the nearest names."""
        self._discover()
        if name not in self._members:
            raise unknown(self.kind, name, self._members)
        return self._members[name]

    def _discover(self):
        if self._discovered:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.walk_packages(package.__path__, f"{self._package}."):
            importlib.import_module(module.name)
        self._discovered = True
