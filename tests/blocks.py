"""The fenced blocks of a page, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from zoo.cli.main import zoo as shell

BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\S+)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S
)


def blocks(page: Path, *languages: str) -> list[str]:
    """Return the blocks of a page in some languages, in order."""
    found = BLOCK.finditer(page.read_text("utf-8"))
    return [match["text"] for match in found if match["language"] in languages]


def commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a block as words, without comments, prompts and settings of variables."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r" (?:&&|\|) ", re.sub(r"(^|\s)#\s.*", "", line)):
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
