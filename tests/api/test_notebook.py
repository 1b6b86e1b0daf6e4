"""The first cells that a reader runs, in a real notebook."""

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = (
    "import kerasfeat as kf",
    "songs = kf.load_songs({table!r})",
    "run = kf.fit(songs, task='mood', folds=3, inputs=['features'], out={out!r},\n"
    "             members=['network'], hyperparameters={{'epochs': 2, 'submodels': 2}})",
    "run",
    "run.predictions.head()",
    "run.predict([{table!r}])",
)


@pytest.mark.slow
def test_the_cells_run_and_show_tables(songs, tmp_path):
    places = {"table": str(songs / "tracks.csv"), "out": str(tmp_path / "run")}
    cells = [nbformat.v4.new_code_cell(cell.format(**places)) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    shown = {
        place: output["data"]["text/html"]
        for place, cell in enumerate(notebook.cells)
        for output in cell.outputs
        if output.output_type == "execute_result" and "text/html" in output["data"]
    }
    assert "this model" in shown[3] and "mood from features" in shown[3]
    assert "probability_calm" in shown[4] and "probability_calm" in shown[5]
    streams = [output for output in notebook.cells[2].outputs if output.output_type == "stream"]
    assert any("epochs" in output.text for output in streams)
