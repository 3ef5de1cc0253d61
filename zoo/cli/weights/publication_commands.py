"""The commands that publish a trained run: `zoo pack` and `zoo card`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zoo.cli.options import complete_run, import_backend
from zoo.cli.output import Command, print_result
from zoo.errors import UsageError


def terms_options(command: Any) -> Any:
    """Add the options for the licences and the source of the data."""
    for option in (
        click.option(
            "--data-license", help="The licence of the data, if its data set states none."
        ),
        click.option(
            "--data-source", help="Where the data comes from, if its data set does not say."
        ),
        click.option("--license", help="The licence of the weights: an SPDX identifier. Required."),
    ):
        command = option(command)
    return command


@click.command(cls=Command)
@click.argument("run", shell_complete=complete_run)
@click.option("--out", type=click.Path(path_type=Path), help="The folder of the new distribution.")
@click.option("--name", help="The name of the model in the catalog: architecture.tag.")
@terms_options
@click.option(
    "--commit", help="The commit of the code that trained the run; the installed code if not given."
)
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    help="Instead of a distribution: the folder of a package of weights.",
)
@click.option(
    "--registry",
    type=click.Path(path_type=Path),
    default=Path("registry.toml"),
    show_default=True,
    help="With --into: the catalog file that has the model.",
)
def pack(
    run: str,
    out: Path | None,
    name: str | None,
    license: str | None,
    data_source: str | None,
    data_license: str | None,
    commit: str | None,
    into: Path | None,
    registry: Path,
) -> None:
    """Write a run's weights as a distribution that anybody can install or upload.

    With --into, the weights file goes into a package that you have, and the hash, the licences and the
    results go into your catalog file.
    """
    if (out is None) == (into is None):
        raise UsageError(
            "Give --out DIR for a new distribution, or --into DIR for a package of yours."
        )
    from zoo.publication.terms import resolve_terms
    from zoo.runs.run import Run

    opened = Run.open(run)
    terms = resolve_terms(opened, license, data_source, data_license)
    import_backend()
    from zoo.publication import distribution

    if into is not None:
        info = distribution.pack_into(opened, into, registry, terms, commit)
        return print_result(
            f"{opened.name}: {info.size} bytes in {into / info.file}; described in {registry}"
        )
    assert out is not None
    info = distribution.pack(opened, name or opened.name, out, terms, commit)
    print_result(f"{info.size} bytes of weights in {out}. Install them: pip install {out}")


@click.command(cls=Command)
@click.argument("run", shell_complete=complete_run)
@click.option("--out", type=click.Path(path_type=Path), help="The folder; RUN/card if not given.")
@terms_options
def card(
    run: str,
    out: Path | None,
    license: str | None,
    data_source: str | None,
    data_license: str | None,
) -> None:
    """Write a run's model card in the form of Hugging Face.

    The catalog's weights have their licence in the catalog.
    """
    from zoo.publication.terms import resolve_terms
    from zoo.runs.run import Run

    opened = Run.open(run)
    terms = resolve_terms(opened, license, data_source, data_license)
    from zoo.publication.card import write_card

    folder = out or (Path("cards") / opened.name if opened.shipped else opened.path / "card")
    print_result(str(write_card(opened, folder, terms)))


COMMANDS = (pack, card)
