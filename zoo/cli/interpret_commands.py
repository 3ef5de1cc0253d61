"""The commands that look into a network: `zoo explain` and `zoo gallery`."""

from __future__ import annotations

from pathlib import Path

import click

from zoo.cli.options import as_json, complete_run, import_backend
from zoo.cli.output import Command, print_json


@click.command(cls=Command)
@click.argument("network", shell_complete=complete_run)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Where pictures go.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="gradient, smoothgrad, integrated or gradcam; all if not given. May be repeated.",
)
@click.option("--class", "of_class", help="The class to explain; the winning one if not given.")
@click.option("--layer", help="Whose maps gradcam weighs; the last convolution's if not given.")
@click.option("--output", help="The output that has the classes, where there are several.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of smoothgrad's noise.")
@as_json
def explain(
    network: str,
    items: tuple[str, ...],
    out: Path,
    methods: tuple[str, ...],
    of_class: str | None,
    layer: str | None,
    output: str | None,
    seed: int,
    as_json: bool,
) -> None:
    """Draw where a classifier looks in your own files; a folder stands for the images in it.

    NETWORK is a run, a .keras file or a name of keras.applications.
    """
    import_backend()
    from zoo.cli import render
    from zoo.interpret import classifier, explain
    from zoo.interpret.attribution import Explainer

    by = Explainer(classifier.open_classifier(network, output), layer=layer, seed=seed)
    results, faults = explain.explain_files(by, items, out, methods, of_class, render.track_items)
    render.show_item_results(results, faults, as_json)


@click.command(cls=Command)
@click.argument("network", shell_complete=complete_run)
@click.option(
    "--layers",
    "patterns",
    multiple=True,
    metavar="GLOB",
    help="Layers by name or glob; the last two convolutions if not given. May be repeated.",
)
@click.option("--data", help="Other examples than the run's own test split.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("gallery.html"), show_default=True
)
@click.option("--steps", type=int, default=256, show_default=True, help="Of each image.")
@click.option("--channels", type=int, help="Only so many of each layer.")
@click.option("--size", type=int, help="Side of the images, where the network takes any.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the noise it begins with.")
@as_json
def gallery(
    network: str,
    patterns: tuple[str, ...],
    data: str | None,
    out: Path,
    steps: int,
    channels: int | None,
    size: int | None,
    seed: int,
    as_json: bool,
) -> None:
    """Write one page that shows what each channel of a network looks for.

    Beside the image that excites a channel most stand the strongest real examples, and the numbers.
    NETWORK is a run, a .keras file or a name of keras.applications.
    """
    import_backend()
    from zoo.cli import render
    from zoo.interpret import gallery, gallery_html

    asked = gallery.GalleryConfig(network, patterns, data, steps, channels, size, seed)
    found = gallery.make_gallery(asked, render.track_items)
    page = gallery_html.write_page(found, out)
    if as_json:
        return print_json({"page": str(page), **found.to_json()})
    render.show_gallery(found, page)


COMMANDS = (explain, gallery)
