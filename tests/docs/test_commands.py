"""Every command of the README and the documentation is one that kerasfeat has, and runs."""

import shutil
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
from blocks import PAGES, blocks, name, needs
from small_data import make

from kerasfeat.cli import cli

# What makes a `fit` train one network, or several of one kind; others train an ensemble.
ONE_NETWORK = {"--model", "--recipe", "--bag", "--finetune", "--from"}
RUNNABLE = [page for page in PAGES if any(block.is_run for block in blocks(page))]


def require_known(words):
    """Parse a command line as click does, and call nothing."""
    command, context = cli, click.Context(cli, **cli.context_settings)
    while isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"no command {words[0]}"
        command, context, words = found, click.Context(found, parent=context), words[1:]
    if isinstance(command, click.Group):
        assert words == ["--version"]
    else:
        command.make_context(command.name, list(words), parent=context)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_its_commands_have_the_options_that_they_are_given(page):
    for block in blocks(page):
        for command in block.commands:
            require_known(command.words)


def test_an_option_that_is_gone_is_found():
    with pytest.raises(click.NoSuchOption):
        require_known(["fit", "--tsak", "mood"])
    with pytest.raises(click.BadParameter):
        require_known(["combine", "one", "two", "--by", "means"])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_is_not_run_says_why_and_all_else_can_be(page):
    for block in blocks(page):
        if block.language == "sh" and block.is_run:
            assert len(block.commands) == len(block.lines), block.code


def smaller(words):
    """The same command with as little training as can be."""
    if words[0] == "fit":
        if ONE_NETWORK & {*words} or "network" in words:
            return [*words, "--set", "epochs=1"]
        return words if "--members" in words else [*words, "--members", "linear"]
    return [*words, "--set", "epochs=1"] if words[0] == "tune" else words


@pytest.fixture(scope="module")
def made(songs, tmp_path_factory):
    """A function that gives the path of what pages call by a name, made once."""
    folder = tmp_path_factory.mktemp("made")

    def give(name):
        if not (folder / name).exists():
            make(name, folder / name, songs)
        return folder / name

    return give


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    """A function that makes the current folder hold what a page needs."""

    def fill(page):
        monkeypatch.chdir(tmp_path)
        for its in needs(page):
            copy = shutil.copytree if made(its).is_dir() else shutil.copy
            (tmp_path / its).parent.mkdir(parents=True, exist_ok=True)
            copy(made(its), tmp_path / its)

    return fill


@pytest.fixture(scope="module")
def warm_cache(tmp_path_factory):
    """One cache for all pages, which hear the same songs."""
    return tmp_path_factory.mktemp("warm_cache")


def run(block, kerasfeat, names):
    """Run a block's commands, or its code with the names that earlier blocks gave."""
    if block.language == "python":
        exec(compile(block.code, "a block of the page", "exec"), names)
    for command in block.commands:
        ended = kerasfeat(*smaller(command.words))
        assert ended.code == 0, f"{command.words}\n{ended.err}"
        if command.output:
            Path(command.output).write_text(ended.out, encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("page", RUNNABLE, ids=name)
def test_its_commands_run(page, place, kerasfeat, warm_cache, monkeypatch):
    place(page)
    monkeypatch.setenv("KERASFEAT_CACHE", str(warm_cache))
    names = {}
    lacking = []
    for block in blocks(page):
        if block.library and not find_spec(block.library):
            lacking.append(block.library)
        elif block.is_run:
            run(block, kerasfeat, names)
    if lacking:
        pytest.skip(f"its other commands ran; these need {', '.join(lacking)}, which tox brings")
