"""What `zoo show` and `zoo gallery` show of a model: its settings, parts, layers and channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from zoo.cli.output import format_size
from zoo.cli.render import print_rich
from zoo.io.console import make_table
from zoo.io.tables.shown_table import short_value
from zoo.runs.files.measures import count_words
from zoo.runs.progress import format_logs

if TYPE_CHECKING:
    from zoo.descriptions.description import Description
    from zoo.exporters.parts.contract import Tensor
    from zoo.interpret.gallery_html import Gallery
    from zoo.interpret.networks import LayerInfo


def show_description(description: Description) -> None:
    """Show a model: what it is, its parts, its settings."""
    print_rich(f"[bold]{escape(description.name)}[/]  {escape(description.summary)}")
    facts = {
        "architecture": f"{description.architecture} ({description.package})",
        "dataset": description.dataset or "give --data",
        "reference": description.reference,
        "results": _results_fact(description),
        "measured by": description.measured,
        "others": description.baseline,
        "weights": _weights_fact(description.weights),
        "parameters": "depends on the data"
        if description.parameters is None
        else f"{description.parameters:,}",
    }
    for name, fact in facts.items():
        if fact:
            print_rich(f"{name:>12}  {fact}", markup=False)
    for role, contract in description.parts.items():
        inputs, outputs = (", ".join(map(_tensor, x)) for x in (contract.inputs, contract.outputs))
        print_rich(f"{'part':>12}  {role}: {inputs} -> {outputs}", markup=False)
    for name, fact in description.run.items():
        print_rich(f"{name:>12}  {_run_fact(fact)}", markup=False)
    for setting in description.settings:
        value, default = (short_value(item) for item in (setting.value, setting.default))
        usual = f", {default} by default" if value != default else ""
        print_rich(f"\n[bold]{escape(setting.name)}[/] = {escape(value)}", end="")
        print_rich(f"  ({setting.type}{usual})\n    {setting.meaning}", markup=False)


def _results_fact(description: Description) -> str:
    """Return the results and on how many test examples they are taken, as far as that is known."""
    counts = description.examples
    words = count_words({counts[name] for name in description.results if name in counts})
    return f"{format_logs(description.results)}{f'  on {words}' if words else ''}"


def _weights_fact(weights: Mapping[str, Any]) -> str:
    """Return the size and the licences of trained weights, or nothing."""
    if not weights:
        return ""
    return (
        f"{format_size(weights['size'])}, {weights['license']}; trained on {weights['data']} "
        f"({weights['data_license']})"
    )


def show_layers(parts: Mapping[str, Sequence[LayerInfo]]) -> None:
    """Show each part's layers with their kinds, output shapes and parameters."""
    for part, layers in parts.items():
        total = sum(layer.parameters for layer in layers)
        print_rich(f"[bold]{escape(part)}[/]  {len(layers)} layers, {total:,} parameters")
        table = make_table("layer", "kind", "output", "parameters")
        for layer in layers:
            sizes = ", ".join("any" if size is None else str(size) for size in layer.shape)
            count = f"{layer.parameters:,}" if layer.parameters else ""
            table.add_row(layer.name, layer.kind, f"({sizes})", count)
        print_rich(table)


def show_gallery(gallery: Gallery) -> None:
    """Show for each layer how many channels live, and how many exceed the best real example."""
    table = make_table("layer", "follows", "live", "above", "dead")
    for layer in gallery.layers:
        above = "" if layer.above is None else f"{layer.above:.1%}"
        live = f"{len(layer.channels) - len(layer.dead)}/{len(layer.channels)}"
        dead = ", ".join(map(str, layer.dead))
        table.add_row(layer.layer.name, layer.follows, live, above, dead)
    print_rich(table)
    print_rich(f"in {gallery.page}", markup=False)


def _run_fact(fact: Any) -> str:
    """Return an entry of run.json in a line."""
    if isinstance(fact, Mapping):
        return ", ".join(f"{name} {_run_fact(value)}" for name, value in fact.items())
    return short_value(fact)


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.name} {tensor.dtype}({', '.join(map(str, tensor.shape))})"
