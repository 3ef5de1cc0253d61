"""The rehearsal of an export whose model returns the same for every input, since it was never trained.

A new BatchNormalization leaves its input as it is. The values of a deep network with random weights then
shrink from layer to layer, until its output is constant up to rounding, as that of MobileNet in
keras.applications. No file of such a network could be told from a broken one. So the formats write a copy
first: the same layers, with normalizations that have the statistics of noise, so that its output varies. A
format must write this copy rightly before its file of the model itself is compared and published.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.exporters.formats.unrolled import layer_attribute
from zoo.exporters.parts.canonical import layers_of
from zoo.exporters.parts.part import Part, call_part
from zoo.exporters.parts.probe_inputs import draw_inputs, fillers, size_pairs, sizes_and_batches
from zoo.exporters.report import ExportedFile, Report
from zoo.io.atomic import temporary_directory

if TYPE_CHECKING:
    import keras

_EXAMPLES = 8  # of noise
_log = logging.getLogger("zoo")

Write = Callable[[dict[str, Any], Path], Report]
"""A function that writes and verifies models by role in an empty folder."""


def has_new_normalizations(model: keras.Model) -> bool:
    """Return whether a model has batch normalizations, and all have the statistics of a new one."""
    layers = list(_batch_normalizations(model))
    return bool(layers) and all(
        not np.any(layer.moving_mean) and np.all(np.asarray(layer.moving_variance) == 1)
        for layer in layers
    )


def rehearse(parts: Mapping[str, Part], folder: Path, write: Write) -> dict[tuple[str, str], str]:
    """Write and verify copies whose outputs vary, and return what is wrong with each file that is not equal.

    Args:
        parts: those that return the same for every input, by role.
        folder: of the export; the copies are written beside it, and removed.
        write: writes and verifies the copies.

    Returns:
        The problems by role and format; empty where all files are right.

    Raises:
        ExportError: the output of a copy does not vary either.
    """
    copies = {role: copy_with_statistics_of_noise(part) for role, part in parts.items()}
    with temporary_directory(folder.parent) as place:
        files = write(copies, place).files
    _log.warning(
        "Warning: %s returns the same for every input, as it was never trained. So each format also wrote "
        "a copy whose normalizations have the statistics of noise, and was compared with that.",
        " and ".join(parts),
    )
    return {(file.part, file.format): file.problem for file in files if not file.is_publishable}


def copy_with_statistics_of_noise(part: Part) -> keras.Model:
    """Return a copy of a part in which each batch normalization has the statistics of random inputs."""
    import keras

    copy = keras.models.clone_model(part.model)
    copy.set_weights(part.model.get_weights())
    sizes, _ = next(sizes_and_batches(part.contract, size_pairs(part.contract)[0]))
    inputs = draw_inputs(part, fillers(part)[0], 0, sizes, _EXAMPLES)
    with ExitStack() as stack:
        for layer in _batch_normalizations(copy):
            layer.trainable = True  # else it would compute with the statistics that it has
            stack.enter_context(layer_attribute(layer, "momentum", 0.0))
        arrays = [inputs[tensor.name] for tensor in part.contract.inputs]
        call_part(copy, arrays, training=True)
    return copy


def with_rehearsal(
    file: ExportedFile, constant: Collection[str], problems: Mapping[tuple[str, str], str]
) -> ExportedFile:
    """Return a file of a constant part with `is_constant`; it is refused where its copy is not equal.

    Args:
        file: one that was written.
        constant: the roles of the parts that return the same for every input.
        problems: as `rehearse` returns them.
    """
    if file.part not in constant:
        return file
    file = replace(file, is_constant=True)
    problem = problems.get((file.part, file.format), "")
    if file.problem or not problem:
        return file
    text = f"a copy of it with other statistics of normalizations is wrong: {problem}"
    return replace(file, verdict="refused", problem=text)


def _batch_normalizations(model: keras.Model) -> Iterator[Any]:
    import keras

    for layer in layers_of(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
