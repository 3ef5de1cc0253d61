"""`zoo check`: the checks of the contract on one architecture."""

from __future__ import annotations

import click

from zoo.cli.options import as_json, check_model_name, complete_model, import_backend
from zoo.cli.output import Command, print_json
from zoo.errors import ZooError


@click.command(cls=Command)
@click.argument("name", shell_complete=complete_model)
@as_json
def check(name: str, as_json: bool) -> None:
    """Check that an architecture keeps the contract: built, trained, resumed, exported."""
    check_model_name(name)
    import_backend()
    from zoo import testing
    from zoo.cli import render

    found = []
    for outcome in testing.outcomes(name):
        found.append(outcome)
        if not as_json:
            render.show_outcome(outcome)
    if as_json:
        print_json([vars(outcome) for outcome in found])
    if failed := [outcome.check for outcome in found if outcome.verdict == "failed"]:
        raise ZooError(f"{name} fails {', '.join(failed)}.")
