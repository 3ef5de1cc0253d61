"""`zoo weights`: list the trained weights of the catalog, verify, fetch and remove them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import as_json
from zoo.cli.output import Command, Commands, format_size, print_json, print_result
from zoo.errors import UnknownName, WeightsError, ZooError

if TYPE_CHECKING:
    from zoo.registry.catalog_reader import Entry

NAMES = click.argument("patterns", nargs=-1, metavar="[GLOB]...")


@click.group(cls=Commands, invoke_without_command=True)
@click.pass_context
def weights(ctx: click.Context) -> None:
    """List, verify, fetch and remove the trained weights of the catalog.

    Without a command they are listed.
    """
    if ctx.invoked_subcommand is None:
        list_weights.main([], standalone_mode=False)


@weights.command("list", cls=Command)
@NAMES
@as_json
def list_weights(patterns: tuple[str, ...], as_json: bool) -> None:
    """List models with weights: the file's size, its licence, its results and where it is."""
    rows = [_row(entry) for entry in find_entries(patterns)]
    if as_json:
        return print_json(rows)
    for row in rows:
        results = "  ".join(f"{key} {value:.4g}" for key, value in row["results"].items())
        results += f"  on {words}" if (words := _count(row)) else ""
        place = f"{row['path']} ({row['origin']})" if row["path"] else "not on this machine"
        size = format_size(row["size"])
        print_result(f"{row['name']:<24} {size:>8}  {row['license']}  {results}\n    {place}")


@weights.command(cls=Command)
@NAMES
@as_json
def verify(patterns: tuple[str, ...], as_json: bool) -> None:
    """Check the size and the hash of each weights file that is on this machine."""
    from zoo.registry.shipped_weights import locate
    from zoo.weights.archive import verify_weights

    rows: list[dict[str, Any]] = []
    for entry in find_entries(patterns):
        assert entry.weights is not None
        verdict, place = "missing", locate(entry)
        if place:
            try:
                verify_weights(place.path, entry.weights)
                verdict = "equal"
            except ZooError as error:
                verdict = str(error)
        rows.append({"name": entry.name, "path": place and str(place.path), "verdict": verdict})
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            print_result(f"{row['name']:<24} {row['verdict']}")
    if wrong := [row["name"] for row in rows if row["verdict"] not in ("equal", "missing")]:
        raise WeightsError(f"These files are not the ones of the catalog: {', '.join(wrong)}.")


@weights.command(cls=Command)
@NAMES
def fetch(patterns: tuple[str, ...]) -> None:
    """Fetch the weights that are not on this machine into the user's cache."""
    from zoo.registry.shipped_weights import locate
    from zoo.weights.fetch import fetch_weights

    for entry in find_entries(patterns):
        assert entry.weights is not None
        place = locate(entry)
        path = place.path if place else fetch_weights(entry.name, entry.weights)
        print_result(f"{entry.name:<24} {path}")


@weights.command(cls=Command)
@NAMES
def remove(patterns: tuple[str, ...]) -> None:
    """Remove fetched weights from the user's cache; installed weights stay."""
    from zoo.io.atomic import disk_errors
    from zoo.weights.places import cached_file

    for entry in find_entries(patterns):
        assert entry.weights is not None
        folder = cached_file(entry.weights).parent
        if folder.is_dir():
            with disk_errors(folder):
                shutil.rmtree(folder)
            print_result(f"{entry.name:<24} removed from {folder}")
        elif patterns:
            print_result(f"{entry.name:<24} is not in the cache")


def find_entries(patterns: tuple[str, ...]) -> list[Entry]:
    """Return the models with weights whose name matches one of some globs; all without a glob.

    Raises:
        UnknownName: no model with weights matches a glob.
    """
    from zoo.registry.catalog import catalog

    found: dict[str, Entry] = {}
    for pattern in patterns or ("*",):
        matches = catalog().find(pattern, weights=True)
        if patterns and not matches:
            names = [entry.name for entry in catalog().find(weights=True)]
            raise UnknownName("model with weights", pattern, names)
        found |= {entry.name: entry for entry in matches}
    return list(found.values())


def _count(row: dict[str, Any]) -> str:
    """Return on how many test examples the results of a row are taken; empty where nobody knows."""
    from zoo.runs.files.measures import count_words

    return count_words(
        {row["examples"][name] for name in row["results"] if name in row["examples"]}
    )


def _row(entry: Entry) -> dict[str, Any]:
    from zoo.registry.shipped_weights import locate

    assert entry.weights is not None
    place = locate(entry)
    return {
        "name": entry.name,
        "file": entry.weights.file,
        "size": entry.weights.size,
        "license": entry.weights.license,
        "sha256": entry.weights.sha256,
        "results": dict(entry.results),
        "examples": dict(entry.examples),
        "path": str(place.path) if place else None,
        "origin": place.origin if place else None,
    }


COMMANDS = (weights,)
