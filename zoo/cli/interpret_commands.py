"""The commands that look into a network: `zoo explain` and `zoo gallery`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zoo.cli.options import as_json, complete_run, import_backend
from zoo.cli.output import Command, print_json
from zoo.errors import DataError

if TYPE_CHECKING:
    from zoo.exporters.locations import Location
    from zoo.interpret.inputs.pixel_values import PixelValues

pixel_range = click.option(
    "--range",
    "pixel_range",
    metavar="BLACK..WHITE",
    help="The pixels that a .keras or .h5 file takes, such as 0..255; else its first layers tell.",
)
preprocess = click.option(
    "--preprocess",
    type=click.Choice(["caffe", "torch", "tf"]),
    help="The preprocessing of keras.applications that a .keras or .h5 file was trained with.",
)


@click.command(cls=Command)
@click.argument("network", shell_complete=complete_run)
@click.argument("items", nargs=-1, required=True, metavar="ITEM...")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="The folder for the pictures."
)
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="gradient, smoothgrad, integrated or gradcam; may be repeated. All if not given.",
)
@click.option(
    "--class",
    "class_name",
    help="The class to explain, by name or number; the most probable if not given.",
)
@click.option("--layer", help="The layer for gradcam; the last convolution if not given.")
@click.option("--output", help="The output with the classes, if the network has several outputs.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="The seed of smoothgrad's noise."
)
@pixel_range
@preprocess
@as_json
def explain(network: str, items: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Draw where a classifier looks in your own files.

    A folder stands for the files in it, and a .ts or .csv file for its series.
    NETWORK is a run, a .keras or .h5 file or a name of keras.applications.
    """
    from zoo.cli.checks.item_checks import check_items
    from zoo.exporters.locations import find_source
    from zoo.interpret.inputs.pixel_values import PixelValues

    location = find_source(network, example="cnn.mnist")
    pixels = PixelValues(options.pop("pixel_range"), options.pop("preprocess"))
    check_items(items)
    import_backend()
    from zoo.cli import render

    rows, faults = _explain_items(location, items, pixels, **options)
    render.show_item_results(rows, faults, as_json)


def _explain_items(
    location: Location,
    items: Sequence[str],
    pixels: PixelValues,
    *,
    methods: Sequence[str],
    class_name: str | None,
    out: Path,
    layer: str | None,
    output: str | None,
    seed: int,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return a row for each item, and a sentence for each item that cannot be read."""
    from zoo.cli import render
    from zoo.interpret.attribution import Explainer
    from zoo.interpret.classifier import open_classifier
    from zoo.interpret.explain import explain_each

    classifier = open_classifier(location, output, pixels)
    explainer = Explainer(classifier, layer=layer, seed=seed)
    errors: list[DataError] = []
    explanations = explain_each(
        explainer,
        items,
        methods=methods,
        class_name=class_name,
        out=out,
        on_error=errors.append,
        track=render.track_items,
    )
    rows = [explanation.to_json() for explanation in explanations]
    return rows, [str(error) for error in errors]


@click.command(cls=Command)
@click.argument("network", shell_complete=complete_run)
@click.option(
    "--layers",
    multiple=True,
    metavar="GLOB",
    help="Layers by name or glob; may be repeated. The last two convolutions if not given.",
)
@click.option("--data", help="Show examples of this data instead of the run's own test split.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("gallery.html"), show_default=True
)
@click.option(
    "--steps", type=int, default=256, show_default=True, help="The number of steps for each image."
)
@click.option("--channels", type=int, help="Show only the first channels of each layer, this many.")
@click.option("--size", type=int, help="The side of the images, if the network takes any size.")
@click.option(
    "--seed",
    type=int,
    default=0,
    show_default=True,
    help="The seed of the noise that images start from.",
)
@pixel_range
@preprocess
@as_json
def gallery(network: str, as_json: bool, **options: Any) -> None:
    """Write a page of what excites each channel of a network.

    Beside the image that excites a channel most are the strongest real examples, and the numbers.
    NETWORK is a run, a .keras or .h5 file or a name of keras.applications.
    """
    from zoo.cli.checks.item_checks import check_data
    from zoo.exporters.locations import find_source
    from zoo.interpret.inputs.pixel_values import PixelValues

    location = find_source(network, example="cnn.mnist")
    _ = PixelValues(options["pixel_range"], options["preprocess"])
    check_data(options["data"])
    import_backend()
    from zoo.cli import render
    from zoo.cli.render_model import show_gallery
    from zoo.interpret.gallery import gallery

    found = gallery(location, **options, track=render.track_items)
    if as_json:
        return print_json(found.to_json())
    show_gallery(found)


COMMANDS = (explain, gallery)
