"""The layers of a model: `zoo show --layers`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from zoo.compute.layer_names import renumber_layers
from zoo.exporters.sources import is_graph, open_source
from zoo.interpret.networks import LayerInfo, flatten, layers_of
from zoo.runs.run import Run

if TYPE_CHECKING:
    import keras


def describe_layers(name: str | Path | Run | keras.Model) -> dict[str, list[LayerInfo]]:
    """Return the layers of each part of a model; a model of one graph is one part, `model`.

    Args:
        name: a run, a part of a run, a .keras or .h5 file, a network of keras.applications, a model of the
            catalog, an architecture, or a model. The first two kinds have trained weights; a network of
            keras.applications and a model of the catalog are built untrained, and nothing is downloaded.

    Raises:
        UnknownName: nothing has this name.
        SettingError: a part is no graph of layers.

    Example:
        >>> [layer.name for layer in describe_layers("cnn.digits")["model"]]
    """
    source = open_source(name, untrained=True)
    parts = {"model": source.model}
    if source.part is not None or not is_graph(source.model):
        parts = source.parts()
    layers = {}
    for part, graph in parts.items():
        model = flatten(graph)
        if source.kind not in ("file", "model"):
            renumber_layers(model)
        layers[part] = layers_of(model)
    return layers
