"""What is at fault: a format by its package and line, a layer by its name, each with fitting advice."""

from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers, ops

import zoo
from tests.conftest import Install

FORMAT = '''"""A format of a test: .keras files under another name."""

import shutil

from zoo.exporters.formats import keras
from zoo.runtimes.python import keras as runtime

SUFFIX, WITHOUT = ".copy", ()


def write(part, path, options):
    keras.write(part, path.with_suffix(".keras"), options)
    path.with_suffix(".keras").rename(path)


def prepare():
    return "copy 1.0"


def open(path):
    shutil.copy(path, path.with_name(f"opened-{path.stem}.keras"))
    return runtime.open(path.with_name(f"opened-{path.stem}.keras"))


def example(contract, file):
    return "print()"
'''


@keras.saving.register_keras_serializable("bisect")
class PaddedToFour(layers.Layer):
    """Pad the time axis to a multiple of 4, with the remainder of a negative size."""

    def call(self, x: Any) -> Any:
        return ops.pad(x, [[0, 0], [0, (-ops.shape(x)[1]) % 4], [0, 0]])


def model(body: Any = None, shape: tuple[int | None, ...] = (4,)) -> keras.Model:
    keras.utils.set_random_seed(1)
    inputs = keras.Input(shape, name="inputs")
    hidden = layers.Dense(4, name="first")(inputs)
    return keras.Model(inputs, body(hidden) if body else layers.Dense(3, name="scores")(hidden))


def refusal(install: Install, code: str, of: keras.Model | None = None) -> str:
    """Install a format and return the message of an export to it."""
    install("zoo-copy", {"zoo_copy.py": code}, {"zoo.formats": "copy = zoo_copy"})
    with pytest.raises(zoo.ExportError) as error:
        zoo.export(of or model(), ["copy"], out="shipped")
    return str(error.value)


def line_of(code: str, text: str) -> int:
    return next(at for at, line in enumerate(code.splitlines(), 1) if text in line)


@pytest.mark.parametrize("hook", ["write", "open", "prepare"])
def test_a_format_that_raises_is_named_by_package_and_line(install: Install, hook: str) -> None:
    head = {"write": "part, path, options", "open": "path", "prepare": ""}[hook]
    code = FORMAT.replace(f"def {hook}({head}):", f"def {hook}({head}):\n    1 / 0")
    message = refusal(install, code)
    place = f"zoo_copy.py:{line_of(code, '1 / 0')}"
    assert message == (
        f"model as copy: The format 'copy' of zoo-copy 1.0 failed at {place}: "
        "ZeroDivisionError: division by zero"
    ).replace("model", message.partition(" ")[0])


def test_a_format_whose_runtime_is_missing_hurts_no_other(install: Install) -> None:
    code = FORMAT.replace("def prepare():", "def prepare():\n    import nowhere")
    install("zoo-copy", {"zoo_copy.py": code}, {"zoo.formats": "copy = zoo_copy"})
    with pytest.raises(
        zoo.ExportError, match=r"'copy' of zoo-copy 1\.0 .*No module named"
    ) as error:
        zoo.export(model(), ["onnx", "copy"], out="shipped")
    assert "1 other file is equal" in str(error.value)


def test_a_format_that_refuses_everything_is_quoted(install: Install) -> None:
    line = "    from zoo import ExportError; raise ExportError('Buy a licence.')"
    code = FORMAT.replace(
        "def write(part, path, options):", f"def write(part, path, options):\n{line}"
    )
    assert refusal(install, code).endswith(" as copy: Buy a licence.")


def test_a_format_that_changes_every_model_is_named(install: Install) -> None:
    line = "    return lambda inputs: {k: 0 * v for k, v in right(path)(inputs).items()}"
    code = FORMAT.replace("def open(path):", f"def open(path):\n{line}\n\n\ndef right(path):")
    message = refusal(install, code)
    assert "The format 'copy' of zoo-copy 1.0 changes even one Dense layer" in message


def test_a_layer_that_a_format_fails_on_is_named_and_not_the_first_one(install: Install) -> None:
    line = "    assert not any('bad' in layer.name for layer in part.model.layers), 'no bad ones'"
    code = FORMAT.replace(
        "def write(part, path, options):", f"def write(part, path, options):\n{line}"
    )
    bad = model(lambda x: layers.Dense(2, name="last")(layers.Dense(3, name="bad")(x)))
    message = refusal(install, code, bad)
    assert (
        "it cannot be written: no bad ones. The layer 'bad' (Dense) is where it goes wrong"
        in message
    )
    assert "% 4" not in message


def test_the_advice_on_remainders_is_given_for_sizes_of_free_axes() -> None:
    padded = model(lambda x: PaddedToFour(name="padded")(x), (None, 3))
    with pytest.raises(zoo.ExportError, match=r"'padded'.*write \(4 - h % 4\) % 4") as error:
        zoo.export(padded, ["onnx"], out="shipped")
    assert "has the shape" in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('return "print()"', "1 / 0", r"failed at zoo_copy\.py:\d+: ZeroDivisionError"),
        ("SUFFIX,", "import nowhere\nSUFFIX,", "cannot be imported from zoo_copy"),
        ("def prepare", "def ready", "lacks prepare"),
    ],
)
def test_a_broken_module_of_a_format_is_named_before_anything_is_published(
    install: Install, old: str, new: str, message: str
) -> None:
    install(
        "zoo-copy", {"zoo_copy.py": FORMAT.replace(old, new)}, {"zoo.formats": "copy = zoo_copy"}
    )
    with pytest.raises(zoo.PluginError, match=message) as error:
        zoo.export(model(), ["onnx", "copy"], out="shipped")
    assert "The format 'copy' of zoo-copy 1.0" in str(error.value)
    assert not Path("shipped").exists()


def test_the_search_has_the_tolerance_that_a_format_declares(install: Install) -> None:
    """Without it, every approximate prefix would count as right."""
    head = "SUFFIX, APPROXIMATE, TOLERANCE"
    tolerance = "Tolerance(0.01, 0.01, 'a test')"
    code = FORMAT.replace("SUFFIX, WITHOUT = ", f"{head}, WITHOUT = ").replace(
        '".copy", ()', f'".copy", True, {tolerance}, ()'
    )
    code = code.replace(
        "from zoo.exporters.formats import keras",
        "from zoo.exporters.formats import keras\nfrom zoo.exporters.formats.protocol import Tolerance",
    )
    hook = "def write(part, path, options):"
    wrong = f"""{hook}
    before = part.model.get_weights()
    for layer in part.model.layers:
        if 'bad' in layer.name:
            layer.set_weights([1.2 * weight for weight in layer.get_weights()])
    write_rightly(part, path, options)
    part.model.set_weights(before)


"""
    code = code.replace(hook, wrong + hook.replace("write", "write_rightly"))
    bad = model(lambda x: layers.Dense(2, name="last")(layers.Dense(3, name="bad")(x)))
    message = refusal(install, code, bad)
    assert "The layer 'bad' (Dense) is where it goes wrong" in message


PROGRAM = '''"""A format of a test with its runtime: the weights of dense layers, multiplied by a program."""

import sys

import numpy as np

SUFFIX, RUNTIMES = ".npz", ("mine",)
FORMATS = ("mine",)


def write(part, path, options):
    layers = [layer for layer in part.model.layers if layer.weights]
    arrays = {f"{at}-{layer.name}": layer.get_weights()[0] for at, layer in enumerate(layers)}
    np.savez(path, **arrays)


def missing():
    return ""


def version():
    return "mine 1.0"


def command():
    return [sys.executable, __file__]


if __name__ == "__main__":
    import json
    import pathlib

    folder = pathlib.Path(sys.argv[1])
    results = []
    for number, file in enumerate(json.loads((folder / "manifest.json").read_text())["files"]):
        sets = []
        for at, item in enumerate(file["sets"]):
            ((name, entry),) = item["inputs"].items()
            x = np.fromfile(folder / entry["file"], entry["dtype"]).reshape(entry["shape"])
            arrays, outputs = np.load(file["path"]), {}
            for key in arrays:
                layer = key.partition("-")[2]
                x = x @ arrays[key] * np.float32(2 if layer == "bad" else 1)
                if layer in item["outputs"]:
                    out = f"{number}-{at}-{layer}.out"
                    x.tofile(folder / out)
                    outputs[layer] = {"dtype": x.dtype.name, "shape": x.shape, "file": out}
            sets.append({"error": None, "seconds": 0, "outputs": outputs})
        results.append({"id": file["id"], "error": None, "load_seconds": 0, "sets": sets})
    content = {"runtime": "mine", "version": "", "files": results}
    (folder / "results.json").write_text(json.dumps(content))
'''


def test_the_layer_is_named_where_the_runtime_is_a_program(install: Install) -> None:
    groups = {"zoo.formats": "mine = zoo_mine", "zoo.runtimes": "mine = zoo_mine"}
    install("zoo-mine", {"zoo_mine.py": PROGRAM}, groups)
    inputs = keras.Input((4,), name="inputs")
    x = inputs
    for name in ("first", "second", "bad", "last"):
        x = layers.Dense(3, use_bias=False, name=name)(x)
    with pytest.raises(zoo.ExportError) as error:
        zoo.export(keras.Model(inputs, x), ["mine"], out="shipped")
    assert "is off by up to" in str(error.value)
    assert "The layer 'bad' (Dense) is where it goes wrong" in str(error.value)


OTHER = '''"""A runtime of a test, which opens .keras files and computes layers named bad wrongly."""

FORMATS, WITHOUT = ("keras",), ()


def missing():
    return ""


def version():
    return "other 1.0"


def open(path):
    from keras.saving import load_model
    from zoo.runtimes.python.keras import keras_runner

    model = load_model(path)
    for layer in model.layers:
        if "bad" in layer.name:
            layer.set_weights([2 * weight for weight in layer.get_weights()])
    return keras_runner(model)
'''


def test_the_layer_is_named_where_another_runtime_than_the_formats_own_is_wrong(
    install: Install,
) -> None:
    install("zoo-other", {"zoo_other.py": OTHER}, {"zoo.runtimes": "other = zoo_other"})
    bad = model(lambda x: layers.Dense(2, name="last")(layers.Dense(3, name="bad")(x)))
    with pytest.raises(zoo.ExportError) as error:
        zoo.export(bad, ["keras"], out="shipped", runs_in=["other"])
    message = str(error.value)
    assert message.startswith("model as keras in other: 'last' is off by up to")
    assert ". The layer 'bad' (Dense) is where it goes wrong. The file is equal in" in message
