"""Makes networks of kerasfeat known to Keras, whichever of the two is imported first.

Keras takes seconds to import, which `import kerasfeat` must not.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

SAVED = "kerasfeat.networks.saved"


class _KerasFinder(MetaPathFinder):
    """Finds Keras where others find it, and lets its import end with that of `SAVED`."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "keras":
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next(filter(None, specs), None)
        if spec and spec.loader:
            _import_saved_after(spec.loader)
        return spec


def _import_saved_after(loader: Loader) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        importlib.import_module(SAVED)

    loader.exec_module = exec_module  # type: ignore[method-assign]


def register() -> None:
    """Make saved networks known to Keras, now or as soon as it is imported."""
    if sys.modules.get("keras"):  # None is how its import is forbidden
        importlib.import_module(SAVED)
    else:
        sys.meta_path.insert(0, _KerasFinder())
