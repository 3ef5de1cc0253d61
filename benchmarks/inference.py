"""Latency of one call of a network in Keras, ONNX Runtime, OpenVINO and PyTorch, at batch 1 and 64, in turns.

    python benchmarks/inference.py > benchmarks/results/inference.md
    python benchmarks/inference.py cnn decoder --rounds 5 --avx2 --peers ../bench-venv/bin/python

The zoo exports each network, with random weights, to ONNX through its gate. ONNX Runtime and OpenVINO run
this file on two threads. PyTorch runs the same architecture, eager and compiled. A turn is a number of calls,
with inputs in NumPy; turns.py says how they are measured. A table holds the median of the turns' means.
"""

import argparse
import importlib
import math
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tasks import TASKS
from turns import AVX2, Turns, Way, describe_machine, measure, medians, run_child

# The name of a network -> the task that trains it, the exported part, and the shape of its input
NETWORKS = {
    "cnn": ("cnn", "classifier", (28, 28, 1)),
    "mlp": ("mlp", "classifier", (28, 28, 1)),
    "encoder": ("vae", "encoder", (28, 28, 1)),
    "decoder": ("vae", "decoder", (2,)),
    "deblur": ("deblur", "generator", (96, 96, 3)),
}
TURN_SECONDS = 0.5  # a turn lasts about so long
PEERS = Path(__file__).resolve().parents[2] / "bench-venv" / "bin" / "python"
Call = Callable[[np.ndarray], Any]


def export_networks(names: list[str], folder: Path) -> None:
    """Write NAME.onnx and NAME.keras for each network into a folder."""
    import keras
    import tensorflow_ways  # registers the generator of deblur-gan

    import zoo

    tensorflow_ways.register_deblur_generator()
    for name in names:
        task, part, _ = NETWORKS[name]
        settings = {k: v for k, v in TASKS[task].settings.items() if k != "feature_network"}
        if task == "cnn":
            settings["classes"] = 10
        if task != "mlp":  # whose catalog entry has a data set
            settings["input_shape"] = TASKS[task].shape
        keras.utils.set_random_seed(0)
        model = zoo.create(TASKS[task].model, **settings)
        network = getattr(model, part, model)
        if name == "decoder":
            pixels = keras.layers.Activation("sigmoid", name="reconstruction")(network.output)
            network = keras.Model(network.input, pixels)
        network.save(folder / f"{name}.keras")
        report = zoo.export(network, ["onnx"], out=folder / name)
        (file,) = (path for path in report.folder.glob("*.onnx"))
        file.rename(folder / f"{name}.onnx")


def open_keras(folder: Path, name: str) -> tuple[Call, str]:
    import keras
    import tensorflow as tf

    importlib.import_module("zoo.layers")  # registers them with Keras

    model = keras.saving.load_model(folder / f"{name}.keras", compile=False)
    about = f"TensorFlow {tf.__version__}, Keras {keras.__version__}"
    return lambda x: model.predict(x, batch_size=len(x), verbose=0), about


def open_keras_call(folder: Path, name: str) -> tuple[Call, str]:
    import keras
    import tensorflow as tf

    importlib.import_module("zoo.layers")  # registers them with Keras

    model = keras.saving.load_model(folder / f"{name}.keras", compile=False)
    call = tf.function(lambda x: model(x, training=False))
    return lambda x: keras.tree.map_structure(
        lambda y: y.numpy(), call(x)
    ), f"Keras {keras.__version__}"


def open_onnxruntime(folder: Path, name: str) -> tuple[Call, str]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    file = str(folder / f"{name}.onnx")
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    key = session.get_inputs()[0].name
    return lambda x: session.run(None, {key: x}), f"ONNX Runtime {onnxruntime.__version__}"


def open_openvino(folder: Path, name: str) -> tuple[Call, str]:
    import openvino

    core = openvino.Core()
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": 2}
    # in float32 as the others: on processors with bfloat16, OpenVINO would compute in that
    settings["INFERENCE_PRECISION_HINT"] = "f32"
    compiled = core.compile_model(str(folder / f"{name}.onnx"), "CPU", settings)
    request = compiled.create_infer_request()
    return lambda x: request.infer([x]), f"OpenVINO {openvino.__version__.partition('-')[0]}"


def open_torch(folder: Path, name: str, compiled: bool = False) -> tuple[Call, str]:
    import torch
    import torch_ways
    from torch import nn

    task = TASKS[NETWORKS[name][0]]
    network, *_ = torch_ways.loss_function(task)
    if name == "encoder":
        head = nn.Linear(256, 4)  # the mean and the log-variance in one product
        network = nn.Sequential(network.encoder, head)
    elif name == "decoder":
        network = nn.Sequential(network.decoder, nn.Sigmoid())
    elif task.classes:
        network = nn.Sequential(network, nn.Softmax(-1))
    network = torch_ways.in_layout(task, network).eval()
    if compiled:
        network = torch.compile(network)

    @torch.inference_mode()
    def call(x: np.ndarray) -> Any:
        # the memory of images is channels last already
        return network(
            torch.movedim(torch.from_numpy(x), -1, 1) if x.ndim > 2 else torch.from_numpy(x)
        ).numpy()

    return call, f"PyTorch {torch.__version__}"


WAYS = {
    "ONNX Runtime": open_onnxruntime,
    "keras.predict": open_keras,
    "Keras in a tf.function": open_keras_call,
    "OpenVINO": open_openvino,
    "PyTorch": open_torch,
    "PyTorch, compiled": partial(open_torch, compiled=True),
}
OF_PEERS = ("OpenVINO", "PyTorch", "PyTorch, compiled")


def call_repeatedly(turns: Turns, folder: Path, name: str, way: str, batch: int) -> None:
    """Call a network in this process, in turns of about TURN_SECONDS."""
    import time

    call, about = WAYS[way](folder, name)
    shape = (batch, *NETWORKS[name][2])
    x = np.random.default_rng(0).random(shape, np.float32)
    turns.about = {"versions": about}
    for _ in range(3):
        call(x)
    start = time.perf_counter()
    call(x)
    count = math.ceil(TURN_SECONDS / (time.perf_counter() - start))
    turns.about["calls"] = count
    while True:
        turns.begin_epoch()
        for _ in range(count):
            call(x)


def print_comparison(name: str, batch: int, folder: Path, options: argparse.Namespace) -> None:
    """Print a table row for each way."""
    ways = []
    for way in options.ways.split(";"):
        python = options.peers if way in OF_PEERS else sys.executable
        command = [python, str(Path(__file__).resolve()), name, "--way", way]
        command += ["--batch", str(batch), "--folder", str(folder)]
        environment = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "1"}
        ways.append(Way(way, command, environment | (AVX2 if options.avx2 else {})))
    ways = measure(ways, options.rounds, folder)
    print(f"## {name}, batch {batch}\n")
    print(f"| | ms a call | times as long as {ways[0].name} | CPU ms a call |\n|---|---|---|---|")
    times = [[1e3 * value / way.about["calls"] for value in medians(way)] for way in ways]
    for way, (wall, cpu) in zip(ways, times, strict=True):
        print(f"| {way.name} | {wall:.3f} | {wall / times[0][0]:.2f}x | {cpu:.3f} |")
    print("\n" + "; ".join(sorted({way.about["versions"] for way in ways})) + "\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", choices=[[], *NETWORKS], default=[])
    parser.add_argument("--rounds", type=int, default=7, help="turns of each way that count")
    parser.add_argument("--ways", default=";".join(WAYS), help="their names, with ; between them")
    parser.add_argument("--avx2", action="store_true", help="leave AVX-512 unused")
    parser.add_argument(
        "--peers", default=str(PEERS), help="interpreter that has PyTorch and OpenVINO"
    )
    for hidden in ("--way", "--folder"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--batch", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        name, folder = options.networks[0], Path(options.folder)
        run_child(lambda turns: call_repeatedly(turns, folder, name, options.way, options.batch), 0)
        return
    names = options.networks or list(NETWORKS)
    print(f"# Inference\n\n{describe_machine(options.avx2)}\n", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        export_networks(names, Path(folder))
        for name in names:
            for batch in (1, 64):
                print_comparison(name, batch, Path(folder), options)


if __name__ == "__main__":
    main()
