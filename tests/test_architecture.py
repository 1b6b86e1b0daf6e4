"""Imports run one way, without a cycle, and the command starts without the heavy libraries."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).resolve().parents[1]

# The flow of data: a folder imports from itself and from those before it. "" is the package's own
# small modules (registry, fields, files, progress).
FLOW = (
    "hub_models",
    "",
    "audio",
    "songs",
    "targets",
    "tasks",
    "datasets",
    "pipeline",
    "networks",
    "simple",
    "recipes",
    "evaluation",
    "boards",
    "experiment",
    "inference",
    "serving",
    "tuning",
    "api",
    "cli",
)

HEAVY = ["tensorflow", "keras", "pandas", "sklearn", "librosa", "matplotlib", "numpy"]


def room(module: str) -> str:
    """The folder of a dotted module name of the project."""
    parts = module.split(".")
    if parts[0] != "kerasfeat":
        return parts[0]
    return parts[1] if len(parts) > 1 and (ROOT / "kerasfeat" / parts[1]).is_dir() else ""


def modules() -> dict[str, Path]:
    """Dotted name -> file of every module of the project."""
    found = {}
    for package in ("kerasfeat", "hub_models", "tuning"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "__main__.py":  # `python -m kerasfeat` is the command itself
                name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                found[name.removesuffix(".__init__")] = path
    return found


def imported(path: Path, known: dict[str, Path]) -> set[str]:
    """The project's modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            for name in node.names:
                full = f"{node.module}.{name.name}"
                found.add(full if full in known else node.module)
    return found & set(known)


def test_imports_follow_the_flow_of_data():
    known = modules()
    wrong = [
        f"{name} imports {other}"
        for name, path in known.items()
        for other in imported(path, known)
        if FLOW.index(room(other)) > FLOW.index(room(name))
    ]
    assert not wrong


def test_no_modules_import_each_other_in_a_circle():
    known = modules()
    place = {name: number for number, name in enumerate(known)}
    pairs = [
        (place[name], place[other]) for name in known for other in imported(known[name], known)
    ]
    rows, columns = zip(*pairs, strict=True)
    graph = coo_array(([True] * len(pairs), (rows, columns)), shape=(len(known), len(known)))
    count, component = connected_components(graph, connection="strong")
    circles = [[name for name in known if component[place[name]] == c] for c in range(count)]
    assert [circle for circle in circles if len(circle) > 1] == []


@pytest.mark.parametrize(
    ("module", "needs"),
    [
        ("kerasfeat", set()),
        ("kerasfeat.cli", set()),
        ("kerasfeat.fields", set()),
        ("hub_models", set()),
        ("kerasfeat.tasks", {"numpy", "pandas"}),
        ("kerasfeat.targets", {"numpy", "pandas"}),
    ],
)
def test_light_modules_load_nothing_heavy(module: str, needs: set[str]):
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


@pytest.mark.slow
def test_commands_that_only_ask_a_model_load_no_plots_and_no_trainers(run, songs):
    audio, table = next((songs / "audio").iterdir()), songs / "tracks.csv"
    words = [["predict", run.path, audio], ["describe", audio]]
    words += [["evaluate", run.path, "--data", table]]
    code = f"""
import sys
from kerasfeat.cli import cli
for words in {[[*map(str, each)] for each in words]}:
    cli.main(words, standalone_mode=False)
trainers = {{"matplotlib", "sklearn", "keras_tuner"}}
print(*trainers & {{*sys.modules}}, "tensorflow" in sys.modules, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines()[-1] == "True"
