"""What the commands of the shell share: options, completion, Keras loaded quietly, and JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from zoo.errors import DataError, ZooError

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def complete_model(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a model of the catalog, or an architecture."""
    from zoo.entry_points import ARCHITECTURES, EntryPointGroup
    from zoo.registry.catalog import catalog

    names = [*catalog().names(), *EntryPointGroup(ARCHITECTURES).names()]
    return sorted(name for name in names if name.startswith(incomplete))


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete a run below ./runs."""
    from zoo.runs.run import list_runs

    return [run.path.name for run in list_runs() if run.path.name.startswith(incomplete)]


def import_backend() -> None:
    """Import Keras and its backend, without what TensorFlow says of the machine on its way."""
    with _muted():
        import_module("keras")


@contextmanager
def _muted() -> Iterator[None]:
    """Silence the standard error of C++ libraries; Python's errors still come through."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def print_json(value: Any) -> None:
    """Print a value as JSON, for programs."""
    click.echo(json.dumps(value, indent=2, default=str))


def show_item_results(
    results: Sequence[dict[str, Any]], faults: Sequence[str], as_json: bool
) -> None:
    """Show what came of some files, and end with an error where some could not be read.

    Raises:
        DataError: none could.
        ZooError: some could not.
    """
    from zoo.cli import render

    if as_json:
        print_json(results)
    elif results:
        render.show_results(results)
    if faults and not results:
        raise DataError("\n".join(faults))
    if faults:
        raise ZooError(
            f"{len(faults)} of {len(results) + len(faults)} items failed:\n" + "\n".join(faults)
        )
