"""The time of the gate: the export of a cnn in four formats against the bare writes, in turns.

    python benchmarks/gate.py > benchmarks/results/gate.md

The bare writes are `model.save` twice, `model.export`, and tf2onnx; no file is opened or compared. The gate's
worker process imports four runtimes, which takes seconds and is the same for every model; it starts before
the writing and runs beside it. The last row leaves this out: its export has a worker that is ready.
"""

import contextlib
import io
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import keras
import tensorflow as tf
import tf2onnx

import zoo
from zoo.data.dataset import Dataset
from zoo.data.load import open_dataset
from zoo.exporters import api, worker
from zoo.exporters.api import FORMATS_BY_DEFAULT

ROUNDS = 7


def write_bare(model: keras.Model, folder: Path) -> None:
    model.save(folder / "model.keras")
    model.save(folder / "model.h5")
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(folder / "model")
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="inputs")]
    function = tf.function(lambda x: model(x, training=False), input_signature=signature)
    onnx_model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=17)
    (folder / "model.onnx").write_bytes(onnx_model.SerializeToString())


def run_seconds(function: Callable[..., object], *args: object, **kwargs: object) -> float:
    started = time.perf_counter()
    function(*args, **kwargs)
    return time.perf_counter() - started


def ready_worker(seconds: float = 15) -> worker.Worker:
    """Return a worker that has had the time to import its runtimes."""
    process = worker.Worker(FORMATS_BY_DEFAULT)
    time.sleep(seconds)
    return process


def main() -> None:
    logging.getLogger("absl").setLevel(logging.ERROR)
    full = open_dataset("digits")
    data = Dataset("digits", full.train.take(slice(64)), full.test.take(slice(32)), full.classes)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run = zoo.train(
            "cnn.mnist", data=data, out=folder / "run", epochs=1, filters=[64, 128, 256]
        )
        model = zoo.load(run)
        names = ("bare writes", "with the gate", "with a ready worker")
        seconds: dict[str, list[float]] = {name: [] for name in names}
        for number in range(ROUNDS + 1):
            target = folder / f"bare-{number}"
            target.mkdir()
            times = {
                "bare writes": run_seconds(write_bare, model, target),
                "with the gate": run_seconds(zoo.export, run, out=folder / f"gated-{number}"),
            }
            with mock.patch.object(api, "Worker", return_value=ready_worker()):
                warm = folder / f"warm-{number}"
                times["with a ready worker"] = run_seconds(zoo.export, run, out=warm)
            for name, value in times.items():
                if number:  # the first round imports and warms up
                    seconds[name].append(value)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"cnn, {model.count_params():,} parameters, four formats, {ROUNDS} rounds, medians\n")
    print("| | seconds |\n|---|---|")
    for name, label in (
        ("bare writes", "bare writes, nothing checked"),
        ("with the gate", "zoo.export, everything checked"),
        ("with a ready worker", "the same, without the start of the worker process"),
    ):
        print(f"| {label} | {medians[name]:.2f} |")
    whole, aside = (medians[name] / medians["bare writes"] for name in names[1:])
    print(
        f"\nwith the gate / bare: {whole:.2f}x; without the worker's start: {aside:.2f}x (mark: 3x)"
    )


if __name__ == "__main__":
    main()
