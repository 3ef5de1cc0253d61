"""The commands that publish a trained run: `zoo pack` and `zoo card`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import complete_run, import_backend
from zoo.cli.output import Command, print_result
from zoo.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from zoo.publication.packed_weights import Precision
    from zoo.runs.run import Run


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
@click.option(
    "--results",
    metavar="METRICS",
    help="The metrics that the catalog shows: accuracy,macro_f1,... Those of the entry if not given.",
)
@click.option(
    "--precision",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="float16 stores weights in half precision, and measures the model with them again.",
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
    results: str | None,
    precision: Precision,
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
    names = _metric_names(opened, results)
    import_backend()
    from zoo.publication import distribution

    if into is not None:
        info = distribution.pack_into(opened, into, registry, terms, commit, names, precision)
        return print_result(
            f"{opened.name}: {info.size} bytes in {into / info.file}; described in {registry}"
        )
    assert out is not None
    info = distribution.pack(opened, name or opened.name, out, terms, commit, names, precision)
    print_result(f"{info.size} bytes of weights in {out}. Install them: pip install {out}")


def _metric_names(run: Run, text: str | None) -> list[str]:
    """Return the metrics that --results names; none where it is not given.

    Raises:
        UnknownName: the run has no such metric.
    """
    names = [name.strip() for name in (text or "").split(",") if name.strip()]
    for name in names:
        if name not in run.metrics:
            raise UnknownName("metric", name, run.metrics)
    return names


@click.command(cls=Command)
@click.argument("run", shell_complete=complete_run)
@click.option("--out", type=click.Path(path_type=Path), help="The folder; RUN/card if not given.")
@terms_options
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    help="Write nothing: measure the run again and compare with the figures of this card.",
)
def card(
    run: str,
    out: Path | None,
    check: Path | None,
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
    if check is not None:
        import_backend()
        from zoo.publication.card_check import check_card

        figures = check_card(opened, check)
        return print_result(f"{len(figures)} figures of the card agree with {opened}.")
    terms = resolve_terms(opened, license, data_source, data_license)
    import_backend()
    from zoo.publication.card import write_card

    folder = out or (Path("cards") / opened.name if opened.shipped else opened.path / "card")
    print_result(str(write_card(opened, folder, terms)))


COMMANDS = (pack, card)
