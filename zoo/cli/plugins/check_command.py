"""`zoo check`: the checks of the contract on one plug-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from zoo.cli.export_commands import parse_formats
from zoo.cli.options import as_json, complete_model, import_backend
from zoo.cli.output import Command, print_json
from zoo.errors import UsageError, ZooError

if TYPE_CHECKING:
    from zoo.testing import Suite


@click.command(cls=Command)
@click.argument("name", shell_complete=complete_model)
@click.option("--only", metavar="CHECKS", help="Make only these checks: config,build,...")
@click.option("--formats", metavar="FORMATS", help="Export only to these formats: keras,onnx,...")
@click.option("--fast", is_flag=True, help="Leave out the checks that take long, and name them.")
@as_json
def check(name: str, only: str | None, formats: str | None, fast: bool, as_json: bool) -> None:
    """Check that a plug-in keeps the contract.

    NAME is an architecture, a model, or any other plug-in; or KIND:NAME, such as format:onnx. An architecture
    is built, trained, resumed and exported, with a tiny task.
    """
    from zoo.testing.suites import find_suite

    suite = find_suite(name)
    checks = parse_checks(suite, only, fast)
    if formats is not None and suite.kind != "architecture":
        raise UsageError(f"--formats is for architectures, and {suite.name} is a {suite.kind}.")
    names = parse_formats(formats, None) if formats is not None else None
    import_backend()
    from zoo.cli import render
    from zoo.testing.suites import outcomes

    found = []
    for outcome in outcomes(f"{suite.kind}:{suite.name}", checks, names):
        found.append(outcome)
        if not as_json:
            render.show_outcome(outcome)
    if as_json:
        print_json([vars(outcome) for outcome in found])
    if fast:
        left_out = ", ".join(each for each in suite.checks if each not in suite.fast_checks)
        click.echo(f"--fast leaves out {left_out}.", err=True)
    if failed := [outcome.check for outcome in found if outcome.verdict == "failed"]:
        raise ZooError(f"{name} fails {', '.join(failed)}.")


def parse_checks(suite: Suite, only: str | None, fast: bool) -> tuple[str, ...]:
    """Return the names of the checks to run, in their order.

    Args:
        suite: the checks of the plug-in.
        only: names with commas between them, or None for all.
        fast: whether the fast checks alone are wanted.

    Raises:
        UsageError: both are given, or no check is named.
        UnknownName: there is no check of a name.
    """
    if only is None:
        return suite.fast_checks if fast else tuple(suite.checks)
    if fast:
        raise UsageError("--only names the checks and --fast chooses them: give one of the two.")
    names = [name.strip() for name in only.split(",") if name.strip()]
    suite.check_names(names)
    if not names:
        raise UsageError(f"--only names no check. Choices: {', '.join(suite.checks)}.")
    return tuple(name for name in suite.checks if name in names)
