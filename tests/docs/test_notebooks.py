"""The notebooks of the documentation run on few songs, and hold no results of a machine."""

import ast

import nbformat
import pytest
from blocks import ROOT
from nbclient import NotebookClient

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
SMALL = {"SONGS": 45, "FOLDS": 2, "EPOCHS": 1}


def name(path):
    return path.stem


@pytest.fixture(params=NOTEBOOKS, ids=name)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def test_it_is_whole_and_without_results(notebook):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and not any(cell.outputs or cell.execution_count for cell in code)
    assert "%pip install" in code[0].source and "find_spec" in code[0].source


def shrunk(source):
    """A cell of parameters with as few songs and epochs as do."""
    names = [node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    return source + "".join(f"\n{its} = {SMALL[its]}" for its in names if its in SMALL)


@pytest.mark.slow
def test_its_cells_run(notebook, tmp_path):
    for cell in notebook.cells:
        if "parameters" in cell.metadata.get("tags", ()):
            cell.source = shrunk(cell.source)
    folder = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=600, kernel_name="python3", resources=folder).execute()
    assert all(cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code")
