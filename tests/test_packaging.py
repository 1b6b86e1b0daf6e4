"""What is released: the sdist and the wheel, checked, and the wheel installed and run."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import kerasfeat as kf
from kerasfeat.serving import configs

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("kerasfeat", "hub_models", "tuning", "beetsplug")
OTHERS = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def run(*words, cwd, **environment):
    """Run a command that must succeed; gives what it printed."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, env={**own, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder that holds the sdist and the wheel that is made of it."""
    pytest.importorskip("build", reason="needs build: tox brings it")
    pytest.importorskip("setuptools", reason="needs setuptools, which builds")
    source = tmp_path_factory.mktemp("source")
    for name in PACKAGES:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in OTHERS:
        shutil.copy(ROOT / name, source)
    dist = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, source, cwd=source)
    return dist


@pytest.mark.slow
def test_everything_is_in_the_wheel_and_the_sdist(built):
    (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
    assert wheel.name == f"kerasfeat-{kf.__version__}-py3-none-any.whl"
    packed = set(zipfile.ZipFile(wheel).namelist())
    here = {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert "kerasfeat/py.typed" in here and here <= packed
    with tarfile.open(sdist) as archive:
        inner = {name.partition("/")[2] for name in archive.getnames()}
    assert here <= inner and {"LICENSE", "README.md"} <= inner


@pytest.mark.slow
def test_twine_has_nothing_to_say(built):
    pytest.importorskip("twine", reason="needs twine: tox brings it")
    said = run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), cwd=built)
    assert said.count("PASSED") == 2


@pytest.mark.slow
def test_the_wheel_runs_in_an_environment_that_holds_it_alone(built, songs, tmp_path):
    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    own = Path(run(python, "-c", code, cwd=tmp_path).strip())
    (wheel,) = built.glob("*.whl")
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps")
    run(*pip, "--target", own, wheel, cwd=tmp_path)
    # The dependencies are those of the tests: nothing is downloaded. They come after what is own.
    others = {path for path in sys.path if "site-packages" in path}
    (own / "others.pth").write_text("\n".join(sorted(others)))
    cache = {"KERASFEAT_CACHE": str(tmp_path / "cache"), "PYTHONSAFEPATH": "1"}
    module = run(python, "-c", "import kerasfeat; print(kerasfeat.__file__)", cwd=tmp_path, **cache)
    assert Path(module.strip()).is_relative_to(own)
    script = (python, "-m", "kerasfeat")
    assert kf.__version__ in run(*script, "--version", cwd=tmp_path, **cache)
    words = ("--task", "mood", "--members", "linear", "--inputs", "features", "--data", songs)
    run(*script, "fit", *words, "--out", "run", cwd=tmp_path, **cache)
    assert "<html" in (tmp_path / "run" / "report.html").read_text()  # by the packed templates
    said = run(
        *script, "describe", songs / "audio" / "demo5-00003.flac", "--json", cwd=tmp_path, **cache
    )
    assert json.loads(said)[0]["tempo"] > 0  # by the packed weights


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("citation-file-format", "CITATION.cff"),
        ("github-workflows", ".github/workflows/*.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/*.yml"),
    ],
)
def test_what_other_programs_read_is_as_their_schema_wants_it(schema, pattern):
    pytest.importorskip("check_jsonschema", reason="needs check-jsonschema: tox brings it")
    require_schema(schema, *ROOT.glob(pattern))


def test_what_docker_compose_reads_is_as_its_schema_wants_it(tmp_path):
    pytest.importorskip("check_jsonschema", reason="needs check-jsonschema: tox brings it")
    configs.write(tmp_path, "mood", 3)
    require_schema("compose-spec", tmp_path / configs.COMPOSE)


def require_schema(name, *files):
    """The files must be as a schema that comes with check-jsonschema."""
    command = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{name}")
    run(*command, *files, cwd=ROOT)


def test_the_version_stands_in_one_place():
    assert "version = attr: kerasfeat.__version__" in (ROOT / "setup.cfg").read_text()
    assert "\nversion:" not in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
