"""Standard output holds results alone: what plug-ins and libraries print goes to standard error."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from contextvars import ContextVar
from typing import Any, TextIO

import click

from zoo.cli.process.streams import open_forgiving
from zoo.errors import UnknownName
from zoo.io.printable import printable

LONGEST_SUMMARY = 500  # letters of a command's first sentence

_RESULTS: ContextVar[TextIO | None] = ContextVar("results", default=None)


class Command(click.Command):
    """A command that keeps standard output for its results."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what others print meanwhile goes to standard error."""
        with _results_on_stdout(), warnings.catch_warnings():
            warnings.showwarning = _show_warning
            return super().invoke(ctx)


class Commands(click.Group):
    """A group that answers a mistyped command with the nearest one."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Return the command that the first argument names.

        Raises:
            UnknownName: there is none; the message has the nearest names.
        """
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            raise UnknownName("command", args[0], self.commands)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their whole first sentence; a long one takes several lines."""
        shown = [each for each in map(self.commands.get, self.list_commands(ctx)) if each]
        rows = [
            (each.name or "", each.get_short_help_str(limit=LONGEST_SUMMARY))
            for each in shown
            if not each.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def result_stream() -> TextIO:
    """Return the stream that results are written to."""
    return _RESULTS.get() or sys.stdout


def print_result(text: str) -> None:
    """Print a line of text as a result."""
    click.echo(printable(text), file=result_stream())


def format_size(size: int) -> str:
    """Return a number of bytes in kB or MB."""
    return f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"


def print_json(value: Any) -> None:
    """Print a value as JSON, for programs."""
    print_result(json.dumps(value, indent=2, default=str))


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show a warning for the user in a line, without its place in the code."""
    if issubclass(category, UserWarning):
        click.echo(f"Warning: {printable(str(message))}", err=True)


@contextmanager
def _results_on_stdout() -> Iterator[None]:
    """Send what is printed to standard error, except what is written to `result_stream()`."""
    sys.stdout.flush()
    with _results_file() as results:
        before = _RESULTS.set(results)
        try:
            with redirect_stdout(sys.stderr):
                yield
        finally:
            _RESULTS.reset(before)


@contextmanager
def _results_file() -> Iterator[TextIO]:
    """Open the process' own standard output, and let descriptor 1 lead to standard error.

    C++ libraries and child processes write to the descriptor, past `sys.stdout`. Where `sys.stdout`
    has no descriptor 1 (a test replaces it), it is the file.
    """
    descriptor = None
    with suppress(OSError, ValueError):
        descriptor = sys.stdout.fileno()
    if descriptor != 1:
        yield sys.stdout
        return
    own = os.dup(1)
    os.dup2(2, 1)
    try:
        stdout = sys.stdout
        with open_forgiving(os.dup(own), stdout) as results:
            yield results
    finally:
        os.dup2(own, 1)
        os.close(own)
