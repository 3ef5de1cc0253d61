"""No runtime calls a file equal that has a wrong weight, exchanged outputs or another operation."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from zoo.entry_points import FORMATS, RUNTIMES, EntryPointGroup
from zoo.exporters.checker import Checker
from zoo.exporters.formats.protocol import file_name, is_approximate, load_format
from zoo.exporters.parts.part import prepare_part
from zoo.exporters.parts.probes import make_probes, save_probes
from zoo.exporters.proof.plan import Plan
from zoo.exporters.proof.published_files import verify_files
from zoo.exporters.proof.verdict import Verdict
from zoo.exporters.report import ExportedFile
from zoo.runtimes.group import is_program, missing_parts, reads

PAIRS = [
    (each, runtime)
    for each, runtime in product(
        EntryPointGroup(FORMATS).names(), EntryPointGroup(RUNTIMES).names()
    )
    if reads(runtime, each) and not is_program(runtime) and not is_approximate(each)
]
FAULTS = ("nothing", "a wrong weight", "exchanged outputs", "another operation")


def model(fault: str) -> keras.Model:
    """Return a small network with two outputs of one shape, and with a fault."""
    keras.utils.set_random_seed(1)
    image = keras.Input((6, 6, 2), name="image")
    activation = "leaky_relu" if fault == "another operation" else "relu"
    hidden = layers.Flatten()(layers.Conv2D(4, 3, activation=activation)(image))
    outputs = {name: layers.Dense(3, name=name)(hidden) for name in ("left", "right")}
    network = keras.Model(image, outputs)
    weights = network.get_weights()
    if fault == "a wrong weight":
        weights[0][1, 1, 0, :] += 0.01
    if fault == "exchanged outputs":
        weights[2:] = [*weights[4:], *weights[2:4]]
    network.set_weights(weights)
    return network


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the probes of the right network."""
    place = tmp_path_factory.mktemp("broken")
    probes = make_probes(prepare_part("model", model("nothing")))
    with (place / "probe.npz").open("wb") as file:
        save_probes({"model": probes}, file)
    return place


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    """Return one checker for all runtimes that are installed."""
    names = {runtime for _, runtime in PAIRS if not missing_parts(runtime)}
    with Checker(sorted(names)) as checker:
        yield checker


def written_file(folder: Path, name: str, fault: str) -> ExportedFile:
    """Write the network with a fault in a format, unless an earlier test has, and return the file."""
    path = f"{FAULTS.index(fault)}/{file_name('model', name)}"
    if not (folder / path).exists():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        part = prepare_part("model", model(fault))
        load_format(name).write(part, folder / path, {"opset": None})
    return ExportedFile("model", name, path)


def prove(checker: Checker, folder: Path, file: ExportedFile, runtime: str) -> Verdict:
    plan = Plan({file.format: (runtime,)}, {})
    (verdict,) = verify_files(checker, folder, [file], plan)[file].verdicts
    return verdict


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("name", "runtime"), PAIRS)
def test_a_broken_file_is_different(
    checker: Checker, folder: Path, name: str, runtime: str, fault: str
) -> None:
    if line := missing_parts(runtime):
        pytest.skip(line)
    verdict = prove(checker, folder, written_file(folder, name, fault), runtime)
    assert verdict.verdict == ("equal" if fault == "nothing" else "different"), verdict
    assert ("off by" in verdict.problem) == (fault != "nothing")


def test_an_operation_that_opencv_computes_wrongly_is_different(
    checker: Checker, folder: Path
) -> None:
    """ReduceMean over the axes 1, 2 and 4 of rank 5, as group normalisation has it."""
    onnx = pytest.importorskip("onnx")
    if line := missing_parts("opencv"):
        pytest.skip(line)
    from onnx import TensorProto, helper

    shape: list[Any] = ["batch", 4, 4, 2, 3]
    nodes = [
        helper.make_node("Relu", ["x"], ["first"]),
        helper.make_node("ReduceMean", ["first"], ["mean"], axes=[1, 2, 4], keepdims=1),
        helper.make_node("Sub", ["first", "mean"], ["y"]),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy"]
    graph = helper.make_graph(nodes, "graph", values[:1], values[1:])
    imports = [helper.make_opsetid("", 17)]
    place = folder / "opencv"
    place.mkdir()
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=8), place / "model.onnx")
    generator, probes = np.random.default_rng(1), []
    from zoo.exporters.parts.probes import Probe

    for batch in (5, 1):
        x = generator.random((batch, 4, 4, 2, 3), dtype=np.float32)
        probes.append(Probe({"x": x}, {"y": x - x.mean((1, 2, 4), keepdims=True)}))
    with (place / "probe.npz").open("wb") as file:
        save_probes({"model": probes}, file)
    file_of_opencv = ExportedFile("model", "onnx", "model.onnx")
    plan = Plan({"onnx": ("onnxruntime", "opencv")}, {})
    result = verify_files(checker, place, [file_of_opencv], plan)[file_of_opencv]
    right, wrong = result.verdicts
    assert right.verdict == "equal"
    assert wrong.verdict == "different"
