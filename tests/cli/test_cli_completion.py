"""`kerasfeat completion`, asked by the shell itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
source completion.bash
COMP_WORDS=(kerasfeat @)
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_kerasfeat_completion kerasfeat
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def asked(kerasfeat, tmp_path):
    """A function from words to what bash completes the last one to."""
    bash = shutil.which("bash")
    if not bash:
        pytest.skip("needs bash")
    script = kerasfeat("completion", "bash").out
    (tmp_path / "completion.bash").write_text(script)
    # It asks the command that is typed, which must be one that runs.
    command = tmp_path / "kerasfeat"
    command.write_text(
        f"#!{sys.executable}\nimport sys\nfrom kerasfeat.cli import main\n"
        "sys.argv[0] = 'kerasfeat'\nmain()\n"
    )
    command.chmod(0o755)

    def ask(words):
        done = subprocess.run(
            [bash, "-c", ASK.replace("@", words, 1)],
            cwd=tmp_path,
            env={
                **os.environ,
                "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0 and not done.stderr, done.stderr
        return done.stdout.split()

    return ask


def test_bash_completes_commands_and_options(asked):
    assert asked("des") == ["describe"]
    assert asked("export run exports --for") == ["--format"]
    assert asked("export run exports --format on") == ["onnx"]


@pytest.mark.parametrize(("shell", "word"), [("zsh", "compdef"), ("fish", "complete --no-files")])
def test_other_shells_get_theirs(kerasfeat, shell, word):
    ended = kerasfeat("completion", shell)
    assert ended.code == 0 and word in ended.out and "_KERASFEAT_COMPLETE" in ended.out
