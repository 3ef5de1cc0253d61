"""`zoo check`: the checks of the contract on one architecture."""

from __future__ import annotations

import click

from zoo.cli.export_commands import parse_formats
from zoo.cli.options import as_json, check_model_name, complete_model, import_backend
from zoo.cli.output import Command, print_json
from zoo.errors import UnknownName, UsageError, ZooError


@click.command(cls=Command)
@click.argument("name", shell_complete=complete_model)
@click.option("--only", metavar="CHECKS", help="Make only these checks: config,build,...")
@click.option("--formats", metavar="FORMATS", help="Export only to these formats: keras,onnx,...")
@click.option("--fast", is_flag=True, help="Leave out the checks that take long, and name them.")
@as_json
def check(name: str, only: str | None, formats: str | None, fast: bool, as_json: bool) -> None:
    """Check that an architecture keeps the contract.

    It is built, trained, resumed and exported, with a tiny task.
    """
    from zoo.testing.runner import CHECKS, FAST_CHECKS, outcomes

    check_model_name(name)
    checks = parse_checks(only, fast)
    names = parse_formats(formats, None) if formats is not None else None
    import_backend()
    from zoo.cli import render

    found = []
    for outcome in outcomes(name, checks, names):
        found.append(outcome)
        if not as_json:
            render.show_outcome(outcome)
    if as_json:
        print_json([vars(outcome) for outcome in found])
    if fast:
        left_out = ", ".join(check for check in CHECKS if check not in FAST_CHECKS)
        click.echo(f"--fast leaves out {left_out}.", err=True)
    if failed := [outcome.check for outcome in found if outcome.verdict == "failed"]:
        raise ZooError(f"{name} fails {', '.join(failed)}.")


def parse_checks(only: str | None, fast: bool) -> tuple[str, ...]:
    """Return the names of the checks to make, in their order.

    Args:
        only: names with commas between them, or None for all.
        fast: whether the fast checks alone are wanted.

    Raises:
        UsageError: both are given, or no check is named.
        UnknownName: there is no check of a name.
    """
    from zoo.testing.runner import CHECKS, FAST_CHECKS

    if only is None:
        return FAST_CHECKS if fast else tuple(CHECKS)
    if fast:
        raise UsageError("--only names the checks and --fast chooses them: give one of the two.")
    names = [name.strip() for name in only.split(",") if name.strip()]
    for name in names:
        if name not in CHECKS:
            raise UnknownName("check", name, CHECKS)
    if not names:
        raise UsageError(f"--only names no check. Choices: {', '.join(CHECKS)}.")
    return tuple(name for name in CHECKS if name in names)
