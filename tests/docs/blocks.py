"""The commands of the README and the documentation, as the tests read them.

A fenced block of `sh` or `python` is run, line by line, in a folder that holds what the comment
`<!-- needs: ... -->` of its page names. The comment `<!-- not run: reason -->` before a block says
why it can't be; its commands' options are checked all the same. `<!-- with: LIBRARY -->` before a
block names a library of an extra, without which it is not run.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- (?:not run: (?P<why>[^\n]+?)|with: (?P<library>\w+)) -->\n)?"
    r"^```(?P<language>sh|python|text)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
CALL = re.compile(r"^(?:\$ |.* && )?(?:venv/bin/)?kerasfeat (?P<words>.+)$")


@dataclass(frozen=True)
class Command:
    """A call of kerasfeat.

    Attributes:
        words: behind `kerasfeat`.
        output: the file that its output goes to; None for the terminal.
    """

    words: list[str]
    output: str | None


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        language: "sh", "python", or "text", where calls stand behind a prompt.
        code: what stands in it.
        why: it is not run; None where it is.
        library: what it needs of an extra; None where it needs nothing.
    """

    language: str
    code: str
    why: str | None
    library: str | None

    @property
    def is_run(self) -> bool:
        """Whether a test runs it, where its library is."""
        return self.language != "text" and not self.why

    @property
    def lines(self) -> list[str]:
        """Its lines, each command in one piece."""
        return re.sub(r" \\\n\s*", " ", self.code).splitlines()

    @property
    def commands(self) -> list[Command]:
        """The calls of kerasfeat."""
        found = [CALL.match(line) for line in self.lines]
        if self.language == "text":
            found = [call for call in found if call and call[0].startswith("$ ")]
        return [_command(shlex.split(call["words"], comments=True)) for call in found if call]


def _command(words: list[str]) -> Command:
    if ">" not in words:
        return Command(words, None)
    return Command(words[: words.index(">")], words[-1])


def blocks(page: Path) -> list[Block]:
    """The blocks of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(each["language"], each["code"], each["why"], each["library"]) for each in found]


def needs(page: Path) -> list[str]:
    """What the commands of a page are run on."""
    found = re.search(r"^<!-- needs: (.+) -->$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1].split(", ") if found else []


def name(page: Path) -> str:
    """A page's path from the repository on."""
    return page.relative_to(ROOT).as_posix()
