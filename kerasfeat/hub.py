"""What kerasfeat has hub_models do with weights, whose errors become its own here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import hub_models
from kerasfeat import KerasfeatError

if TYPE_CHECKING:
    import keras


@contextmanager
def _own_errors() -> Iterator[None]:
    """A block whose HubErrors are KerasfeatErrors."""
    try:
        yield
    except hub_models.HubError as error:
        raise KerasfeatError(str(error)) from error


@_own_errors()
def build(name: str, **options: Any) -> "keras.Model":
    """hub_models.build; a KerasfeatError where the weights are not on this machine, or damaged."""
    return hub_models.build(name, **options)


@_own_errors()
def fingerprint(name: str, output: str) -> str:
    """hub_models.fingerprint; a KerasfeatError where the weights are not on this machine."""
    return hub_models.fingerprint(name, output)


@_own_errors()
def class_names(name: str) -> list[str]:
    """hub_models.class_names; a KerasfeatError where they are not on this machine."""
    return hub_models.class_names(name)
