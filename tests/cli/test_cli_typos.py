"""What can't be is told before TensorFlow is imported, and before anything is written."""

import subprocess
import sys

import hub_models
from kerasfeat.experiment import words
from kerasfeat.experiment.hyperparameters import Training

# One process: importing pandas alone takes a second.
CODE = """
import sys
sys.modules.update(dict.fromkeys(("tensorflow", "keras")))
from kerasfeat.cli import main
for line in sys.stdin.read().splitlines():
    sys.argv[1:] = line.split()
    try:
        main()
    except SystemExit as end:
        print(end.code, file=sys.stderr)
"""
TYPOS = {
    "fit --task enrgy": "unknown task 'enrgy'. Did you mean energy",
    "fit --task mood --recipe mood-mpl": "unknown recipe 'mood-mpl'. Did you mean mood-mlp",
    "fit --task mood --inputs logmle": "unknown input 'logmle'. Did you mean logmel",
    "fit --task mood --model tabluar": "unknown model 'tabluar'. Did you mean tabular",
    "fit --task mood --set epoch=3": "unknown hyperparameter 'epoch'. Did you mean epochs",
    "fit --task mood --set logmel.mel=3": "unknown hyperparameter 'logmel.mel'",
    "fit --task mood --data nowhere.csv": "nowhere.csv doesn't exist",
    "fit --task mood --from nowhere": "nowhere doesn't exist",
    "tune --task mood --set epoch=3": "unknown hyperparameter 'epoch'",
    "predict nowhere songs.csv": "nowhere is not a run: it has no run.json",
    "combine nowhere other": "nowhere is not a run: it has no run.json",
    "extract . --inputs logmle": "unknown input 'logmle'",
}


def test_typos_cost_no_tensorflow_and_leave_nothing(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        input="\n".join(TYPOS),
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and not list(tmp_path.iterdir())
    said = done.stderr.splitlines()
    assert said[1::2] == ["1"] * len(TYPOS), done.stderr
    assert all(told in line for told, line in zip(TYPOS.values(), said[::2], strict=True))


def test_the_words_are_those_that_there_are():
    from kerasfeat.audio.frontends import frontends
    from kerasfeat.networks.trunks import trunks

    assert set(trunks.names()) == set(words._trunks())
    backbones = tuple(hub_models.names())
    spectral = {name for name in frontends.names() if not name.startswith(backbones)}
    assert words._front_ends() == spectral
    owners = [Training(), *frontends]
    own = {name for owner in owners for name in vars(owner)}
    own |= {name.rpartition(".")[2] for trunk in trunks for name in trunk.hyperparameters}
    assert own <= words.parameters()
