"""The refusal of a layer that can neither be read by Deeplearning4j nor be made of other layers."""

from __future__ import annotations

from typing import Any

from zoo.errors import ExportError


def refusal(layer: Any, reason: str) -> ExportError:
    """Return the error for a layer that Deeplearning4j cannot compute.

    Args:
        layer: the layer or operation.
        reason: follows "because", without a full stop.
    """
    import keras

    noun = "layer" if isinstance(layer, keras.Layer) else "operation"
    return ExportError(
        f"The {noun} {layer.name!r} ({type(layer).__name__}) cannot be written for Deeplearning4j, because "
        f"{reason}. Build the part without it, or leave out this format."
    )


def require_channels_last(layer: Any) -> None:
    """Refuse a layer whose channels come first.

    Raises:
        ExportError: it names the layer.
    """
    if getattr(layer, "data_format", "channels_last") != "channels_last":
        raise refusal(layer, "its channels come first. Build the part with channels_last")
