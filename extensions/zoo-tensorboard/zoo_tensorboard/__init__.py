"""Tracking in TensorBoard: curves, settings, measures and pictures of each training, in RUN/tensorboard.

The files are written without TensorFlow, so that it works on every backend.
"""

import io
import json
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import keras
from PIL import Image

import zoo

__all__ = ["on_run_end", "train"]

FOLDER = "tensorboard"


@zoo.hookimpl(wrapper=True)
def train(
    config: zoo.Config, callbacks: list[Any], run: zoo.RunInfo | None
) -> Generator[None, Any, Any]:
    """Write the settings, and the losses and measures of each epoch."""
    if run is None:  # a model in memory
        return (yield)
    writer = _writer(run)
    if not run.resumed:
        settings = json.dumps(config.model_dump(mode="json"), indent=2)
        _write(writer, 0, _text("settings", f"```\n{settings}\n```"))
    curves = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: _write(writer, epoch + 1, *_scalars(logs or {}))
    )
    callbacks.insert(0, curves)  # before the checkpoint: a resume begins after it
    try:
        return (yield)
    finally:
        writer.close()


@zoo.hookimpl
def on_run_end(run: zoo.RunInfo, metrics: Mapping[str, float]) -> None:
    """Write the measures on the test split, and the pictures."""
    writer = _writer(run)
    tests = {f"test/{name}": value for name, value in metrics.items()}
    pictures = sorted((run.path / "pictures").glob("*.png"))
    _write(writer, 0, *_scalars(tests), *map(_image, pictures))
    writer.close()


def _writer(run: zoo.RunInfo) -> Any:
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    return EventFileWriter(str(run.path / FOLDER))


def _write(writer: Any, step: int, *values: Any) -> None:
    """Write values of a step."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
    writer.flush()


def _scalars(logs: Mapping[str, float]) -> list[Any]:
    from tensorboard.compat.proto.summary_pb2 import Summary

    return [Summary.Value(tag=name, simple_value=float(value)) for name, value in logs.items()]


def _image(path: Path) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary

    with Image.open(path) as picture:
        width, height = picture.size
        content = io.BytesIO()
        picture.convert("RGB").save(content, "PNG")
    image = Summary.Image(
        height=height, width=width, colorspace=3, encoded_image_string=content.getvalue()
    )
    return Summary.Value(tag=path.stem, image=image)


def _text(name: str, text: str) -> Any:
    """Return a text as TensorBoard's text plug-in reads it."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    shape = TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)])
    tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode()], tensor_shape=shape)
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    return Summary.Value(tag=name, metadata=metadata, tensor=tensor)
