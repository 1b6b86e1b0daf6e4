"""The messages of the errors that the package raises, as its code has them."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What users see the message of; Refused and the like are told within one of these.
ERRORS = ("AudioError", "BadParameter", "HubError", "KerasfeatError", "UsageError")
GAP = "…"  # stands for what the code fills in


def messages() -> Iterator[tuple[str, str]]:
    """Each place where a message with words of its own is written, and the message."""
    for folder in ("hub_models", "kerasfeat", "tuning"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _name(node.func) in ERRORS:
                    text = "".join(_text(argument) for argument in node.args)
                    if sum(letter.isalpha() for letter in text) > 5:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", text


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def _text(node: ast.expr) -> str:
    """A string as it is written, with gaps for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.FormattedValue):
        return GAP
    return "".join(_text(part) for part in ast.iter_child_nodes(node)) or GAP
