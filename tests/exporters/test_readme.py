"""The lines that stand beside exported files are run, where the zoo cannot be imported."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np

import zoo
from tests.conftest import Install
from tests.runtimes.test_group import CODE, install_runtime
from zoo.layers import PadToMultiple

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
NO_ZOO = """
import sys
sys.modules["zoo"] = None
try:
    import zoo
except ImportError:
    print("no zoo")
"""


def test_the_lines_beside_the_files_run_them_without_the_zoo() -> None:
    keras.utils.set_random_seed(4)
    left, right = keras.Input((4,), name="left"), keras.Input((None, 2), name="right")
    both = keras.layers.Concatenate()([left, keras.layers.GlobalAveragePooling1D()(right)])
    model = keras.Model(
        [left, right], keras.layers.Dense(3, bias_initializer="ones", name="sum")(both)
    )
    zoo.export(model, out="shipped")
    blocks = BLOCK.findall(Path("shipped/README.md").read_text())
    others = ("cv2", "openvino", "tract")  # which read ONNX too
    assert [block.split()[1] for block in blocks[4:]] == list(others)
    blocks = [block for block in blocks if block.split()[1] not in others or installed(block)]
    expected = np.asarray(model([np.zeros((1, 4)), np.zeros((1, 64, 2))]))
    for block in blocks:
        assert "zoo" not in block
        assert len(block.splitlines()) <= 17
        done = subprocess.run(
            [sys.executable, "-P", "-c", NO_ZOO + block],
            cwd="shipped",
            capture_output=True,
            text=True,
            check=True,
        )
        said, printed = done.stdout.split("\n", 1)
        assert said == "no zoo"
        (numbers,) = re.findall(r"\[\[(.*?)\]\]", printed, re.DOTALL)
        received = [float(word) for word in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", numbers)]
        np.testing.assert_allclose(received, expected[0], atol=1e-5)


def installed(block: str) -> bool:
    return find_spec(block.split()[1]) is not None


def test_the_lines_in_other_languages_are_there_and_say_that_nothing_was_run(
    install: Install,
) -> None:
    broken = CODE + "\n\ndef example(contract, file):\n    return 1 / 0\n"
    install_runtime(install, broken)  # a runtime that nobody asked for
    inputs = keras.Input((4,), name="inputs")
    model = keras.Model(inputs, keras.layers.Dense(3, name="scores")(inputs))
    zoo.export(model, ["onnx", "saved-model", "keras"], out="shipped", runs_in=["openvino"])
    of_onnx, of_tensorflow, of_keras = re.split("\n### ", Path("shipped/README.md").read_text())[1:]
    tried, untried = of_onnx.split("<details>")
    assert "In openvino 20" in tried
    assert "this file was not run there" in untried
    for language in ("go", "html", "java", "javascript", "rust"):
        assert f"```{language}\n" in untried
        assert f"```{language}\n" not in tried
    assert "openvino" not in untried
    assert "TFloat32" in of_tensorflow.split("<details>")[1]
    assert "<details>" not in of_keras


def test_the_lines_import_the_modules_that_a_file_requires() -> None:
    image = keras.Input((None, None, 1), name="image")
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(PadToMultiple(4)(image)))
    zoo.export(model, ["keras", "onnx"], out="shipped")
    of_keras, of_onnx, *_ = BLOCK.findall(Path("shipped/README.md").read_text())
    assert of_keras.startswith("import zoo.layers\nimport keras\n")
    assert "zoo" not in of_onnx
    command = [sys.executable, "-P", "-c", of_keras]
    subprocess.run(command, cwd="shipped", capture_output=True, text=True, check=True)
