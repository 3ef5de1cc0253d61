"""`zoo new`: a complete project of a plug-in."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from zoo.cli.output import Command, print_result
from zoo.errors import UsageError

KINDS = ("architecture", "dataset", "format", "runtime", "extension")


@click.command(cls=Command)
@click.argument("kind", required=False, metavar="KIND", shell_complete=lambda *_: list(KINDS))
@click.argument("name", required=False)
@click.option("--license", metavar="LICENCE", help="Apache-2.0, MIT, BSD-3-Clause or Proprietary.")
@click.option("--author", help="Who holds the rights; what git says if not given.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder; ./zoo-NAME if not given.")
@click.option(
    "--template", is_flag=True, help="Prepare the template for copier update; print where."
)
def new(
    kind: str | None,
    name: str | None,
    license: str | None,
    author: str | None,
    out: Path | None,
    template: bool,
) -> None:
    """Create a project of a plug-in: package, module, catalog, tests, README, CI file, licence.

    KIND is architecture, dataset, format, runtime or extension. With copier installed, `copier update` brings
    the project to a newer template later.
    """
    if template:
        from zoo.scaffold.copier_template import template_repository

        return print_result(str(template_repository()))
    if kind is None or name is None:
        raise UsageError(f"zoo new takes a kind and a name. Kinds: {', '.join(KINDS)}.")
    from zoo.scaffold.names import check_kind, check_name
    from zoo.scaffold.project import create_project

    check_kind(kind)
    check_name(kind, name)  # before anybody is asked for a licence
    folder = create_project(kind, name, license=license or _ask_license(), author=author, out=out)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            print_result(str(path))
    click.echo(f"Next: pip install -e {folder} && zoo check {kind}:{name}", err=True)


def _ask_license() -> str:
    """Ask for the licence on a terminal; elsewhere use the first one, and print that."""
    from zoo.scaffold.project import LICENSES

    if sys.stdin.isatty():
        choice: str = click.prompt(
            "Licence", default=LICENSES[0], type=click.Choice(LICENSES), err=True
        )
        return choice
    click.echo(f"The licence is {LICENSES[0]}; --license names another.", err=True)
    return LICENSES[0]
