"""Imports run one way, and the command starts without the heavy libraries."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# What each room may import of kerasfeat; "" is the package's own small modules (registry, fields,
# progress, quiet).
ALLOWED = {
    "": {""},
    "targets": {"", "data", "targets"},
    "tasks": {"", "targets", "tasks"},
    "audio": {"", "audio", "hub_models"},
    "data": {"", "tasks", "audio", "data"},
    "models": {"", "targets", "audio", "models", "hub_models"},
    "recipes": {"", "tasks", "audio", "recipes"},
    "evaluation": {"", "targets", "tasks", "data", "evaluation"},
    "training": {
        "",
        "targets",
        "tasks",
        "audio",
        "data",
        "models",
        "recipes",
        "evaluation",
        "training",
        "hub_models",
    },
    "serving": {
        "",
        "targets",
        "tasks",
        "audio",
        "data",
        "models",
        "recipes",
        "evaluation",
        "training",
        "serving",
    },
    "cli": {
        "",
        "targets",
        "tasks",
        "audio",
        "data",
        "models",
        "recipes",
        "evaluation",
        "training",
        "serving",
        "cli",
        "tuning",
        "hub_models",
    },
    "hub_models": {"hub_models"},
    "tuning": {
        "",
        "targets",
        "tasks",
        "audio",
        "data",
        "models",
        "recipes",
        "evaluation",
        "training",
        "tuning",
    },
}

HEAVY = ["tensorflow", "keras", "pandas", "sklearn", "librosa", "matplotlib", "numpy"]


def room(module):
    """The room of a dotted module name, None outside the project."""
    parts = module.split(".")
    if parts[0] in ("hub_models", "tuning"):
        return parts[0]
    if parts[0] != "kerasfeat":
        return None
    return parts[1] if len(parts) > 1 and (ROOT / "kerasfeat" / parts[1]).is_dir() else ""


def sources():
    for package in ("kerasfeat", "hub_models", "tuning"):
        # `python -m kerasfeat` is the command itself.
        yield from (path for path in (ROOT / package).rglob("*.py") if path.name != "__main__.py")


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_imports_follow_the_flow_of_data():
    wrong = []
    for path in sources():
        here = room(
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        )
        wrong += [
            f"{path.relative_to(ROOT)} imports {name}"
            for name in imported(path)
            if room(name) not in {None, *ALLOWED[here]}
        ]
    assert not wrong


@pytest.mark.parametrize(
    ("module", "needs"),
    [
        ("kerasfeat.cli", set()),
        ("kerasfeat.fields", set()),
        ("hub_models", set()),
        ("kerasfeat.tasks", {"numpy", "pandas"}),
        ("kerasfeat.targets", {"numpy", "pandas"}),
    ],
)
def test_light_modules_load_nothing_heavy(module, needs):
    code = f"""
import importlib, sys
module = importlib.import_module("{module}")
if hasattr(module, "cli"):
    module.cli.main(["--help"], standalone_mode=False)
print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(done.stderr.split()) == needs
