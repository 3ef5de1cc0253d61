"""The checks of a format and of a runtime fail where they break them, and say what to do."""

import sys

import pytest

from tests.conftest import Install
from zoo.entry_points import FORMATS, RUNTIMES
from zoo.testing import Outcome, outcomes

GOOD = '''"""NumPy files."""
import numpy as np
import zoo
SUFFIX, WITHOUT = ".npz", ()

def write(part, path, options):
    weights = {str(at): array for at, array in enumerate(part.model.get_weights())}
    with path.open("wb") as file:
        np.savez(file, config=part.model.to_json(), **weights)

def prepare():
    return "keras 3"

def open(path):
    import keras
    with np.load(path) as arrays:
        model = keras.models.model_from_json(str(arrays["config"]))
        model.set_weights([arrays[str(at)] for at in range(len(arrays) - 1)])
    def run(inputs):
        tensors = [inputs[tensor.name] for tensor in model.inputs]
        values = model(keras.tree.pack_sequence_as(model.input, tensors), training=False)
        values = values if isinstance(values, list) else [values]
        return dict(zip(model.output_names, map(np.asarray, values)))
    return run

def example(contract, file):
    return "print(1)"
'''
ROUNDED = ("array for at", "array.astype('float16').astype('float32') for at")
TOLERANCE = "from zoo.exporters.formats.protocol import Tolerance\nAPPROXIMATE = True\nTOLERANCE = "
BAD = {
    "no docstring": ("members", ('"""NumPy files."""', ""), "has no docstring"),
    "other numbers": ("dense", ("array for at", "array + 1 for at"), "is off by up to"),
    "refuses all": (
        "dense",
        ("    weights =", "    raise zoo.ExportError('no')\n    weights ="),
        "It refuses dense",
    ),
    "random bytes": (
        "same-bytes",
        ("config=", "x=np.random.rand(), config="),
        "are written as other bytes",
    ),
    "another error": (
        "refusal",
        (
            "    weights =",
            "    assert 'erfinv' not in part.model.to_json().lower(), 7\n    weights =",
        ),
        "write() raised AssertionError",
    ),
    "a refusal without a name": (
        "refusal",
        (
            "    weights =",
            "    if 'rfinv' in part.model.to_json(): raise zoo.ExportError('no')\n    weights =",
        ),
        "The refusal does not name the operation 'erfinv': no",
    ),
    "broken sample code": ("example", ("print(1)", "import zoo"), "The code of example() fails"),
    "a tolerance that is too small": (
        "tolerance",
        ("SUFFIX,", f"{TOLERANCE}Tolerance(1e-6, 0, 'x')\nSUFFIX,"),
        "is below the gate's own",
    ),
    "a tolerance without a reason": (
        "tolerance",
        ("SUFFIX,", f"{TOLERANCE}Tolerance(1e-2, 1e-2, '')\nSUFFIX,"),
        "has no reason",
    ),
}


def outcome(install: Install, check: str, code: str) -> Outcome:
    sys.modules.pop("zoo_npz", None)
    install("zoo-npz", {"zoo_npz.py": code}, {FORMATS: "npz = zoo_npz"})
    return {each.check: each for each in outcomes("format:npz", [check])}[check]


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("case", BAD)
def test_a_broken_format_fails_its_check(install: Install, case: str) -> None:
    check, (old, new), message = BAD[case]
    assert old in GOOD
    found = outcome(install, check, GOOD.replace(old, new))
    assert found.verdict == "failed"
    assert message in found.detail


@pytest.mark.long
@pytest.mark.slow
def test_a_declared_tolerance_is_kept_and_shown(install: Install) -> None:
    code = GOOD.replace(*ROUNDED)
    assert outcome(install, "dense", code).verdict == "failed"
    declared = code.replace(
        "SUFFIX,", f"{TOLERANCE}Tolerance(1e-2, 1e-2, '16-bit weights')\nSUFFIX,"
    )
    assert outcome(install, "tolerance", declared).verdict == "passed"
    tight = code.replace("SUFFIX,", f"{TOLERANCE}Tolerance(2e-5, 2e-4, '16-bit weights')\nSUFFIX,")
    assert outcome(install, "tolerance", tight).verdict == "failed"


RUNTIME = '''"""A runtime."""
FORMATS, WITHOUT = ("onnx",), ()
def missing():
    return ""
def version():
    return "x 1"
def open(path):
    import onnxruntime
    session = onnxruntime.InferenceSession(str(path))
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(None, dict(inputs))))
'''
BAD_RUNTIMES = {
    "heavy": ("light", ('    return ""', '    import keras\n    return ""'), "imports keras"),
    "two lines": ("light", ('"x 1"', '"x\\n1"'), "version() must return one line"),
    "no version": ("light", ('"x 1"', '" "'), "version() returns nothing"),
    "formats in a list": ("members", ('("onnx",), ()', '["onnx"], ()'), "FORMATS must be a tuple"),
    "other numbers": (
        "dense",
        ("session.run(None, dict(inputs))", "[1 + x for x in session.run(None, dict(inputs))]"),
        "different",
    ),
}


@pytest.mark.parametrize("case", BAD_RUNTIMES)
def test_a_broken_runtime_fails_its_check(install: Install, case: str) -> None:
    check, (old, new), message = BAD_RUNTIMES[case]
    assert old in RUNTIME
    install("zoo-rt", {"zoo_rt.py": RUNTIME.replace(old, new)}, {RUNTIMES: "rt = zoo_rt"})
    found = {each.check: each for each in outcomes("rt", [check])}[check]
    assert found.verdict == "failed"
    assert message in found.detail


def test_a_runtime_that_is_not_available_is_skipped_with_its_line(install: Install) -> None:
    code = RUNTIME.replace('return ""', 'return "pip install x"')
    install("zoo-rt", {"zoo_rt.py": code}, {RUNTIMES: "rt = zoo_rt"})
    found = {each.check: each for each in outcomes("rt", ["dense", "damaged"])}
    assert (found["dense"].verdict, found["dense"].detail) == ("skipped", "pip install x")
