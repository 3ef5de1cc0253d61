"""The fenced blocks of a page, what its comments say of them, and the commands in them.

A comment before a block names who runs it elsewhere, or why nobody does; with a command's beginning it
speaks of these lines alone:

    <!-- run by tests/pages: the Python half of a view -->
    <!-- not run, `srun`: it needs Slurm -->
    <!-- all python and toml is run by tests/test_docs.py: together it is an example -->
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from zoo.cli.main import zoo as shell

BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)
NOTE = re.compile(
    r"<!-- (?:not run|run by (?P<path>\S+?))(?:, `(?P<start>[^`]+)`)?: (?P<reason>(?:(?!-->).)+?) -->\s*\Z",
    re.S,
)

PAGE_NOTE = re.compile(r"<!-- all (?P<languages>[a-z, ]+?) is run by (?P<path>\S+): [^\n]+ -->")


@dataclass(frozen=True)
class Note:
    """What a comment says of the block below it, or of those lines of it that begin with `start`."""

    path: str
    start: str
    reason: str


@dataclass(frozen=True)
class Block:
    """A fenced block with its comments; `line` is where it begins."""

    language: str
    text: str
    line: int
    notes: tuple[Note, ...]

    def note_of(self, command: str = "") -> Note | None:
        """Return the comment that excuses the block, or one of its commands, from being run here."""
        return next((note for note in self.notes if command.startswith(note.start)), None)

    def run_here(self) -> list[str]:
        """Return the commands that no comment excuses."""
        return [line for line in lines(self.text) if self.note_of(line) is None]


def page_blocks(page: Path) -> list[Block]:
    """Return all blocks of a page, in order."""
    text = page.read_text("utf-8")
    return [
        Block(match["language"], match["text"], text.count("\n", 0, match.start()) + 1, notes)
        for match in BLOCK.finditer(text)
        for notes in [_notes_before(text[: match.start()])]
    ]


def _notes_before(text: str) -> tuple[Note, ...]:
    """Return the notes at the end of a text, in order."""
    notes: list[Note] = []
    while found := NOTE.search(text):
        notes.insert(0, Note(found["path"] or "", found["start"] or "", found["reason"]))
        text = text[: found.start()]
    return tuple(notes)


def run_elsewhere(page: Path) -> dict[str, str]:
    """Return which test runs the blocks of a language on a page, where one comment says it for all."""
    found = PAGE_NOTE.finditer(page.read_text("utf-8"))
    return {
        language: each["path"]
        for each in found
        for language in re.findall(r"\w+", each["languages"])
        if language != "and"
    }


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the texts of the blocks of a page in some languages, in order."""
    return [block.text for block in page_blocks(page) if block.language in languages]


def lines(text: str) -> list[str]:
    """Return the command lines of a block, without comments; a line that goes on is one."""
    joined = text.replace("\\\n", " ").splitlines()
    bare = [re.sub(r"(^|\s+)#\s.*", "", line).strip() for line in joined]
    return [line for line in bare if line]


def commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a block as words, without comments, prompts and settings of variables."""
    for line in lines(text):
        for part in re.split(r" (?:&&|\|) ", line):
            words = shlex.split(part)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words = words[1:]
            if words:
                yield words


def parse_command(words: list[str]) -> dict[str, object]:
    """Return the options and arguments of a command of the zoo as click reads them.

    Files need not exist; every other value is converted to its type.

    Raises:
        click.UsageError: there is no such command or option, or a value is of another type.
    """
    command: click.Command = shell
    inner = click.Context(shell, info_name="zoo")
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(inner, words[0])
        if found is None:
            raise click.UsageError(f"there is no command {words[0]!r}")
        command, inner = found, click.Context(found, info_name=words[0], parent=inner)
        words = ["", *words[1:]] if not isinstance(found, click.Group) else words[1:]
    words = words or [""]
    values, rest, _ = command.make_parser(inner).parse_args(words[1:])
    if rest:
        raise click.UsageError(f"too many arguments: {rest}")
    for parameter in command.params:
        value = values.get(parameter.name)
        if isinstance(value, str | list | tuple) and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(inner, value)
    return values
