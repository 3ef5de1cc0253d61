"""The plan of an export: which runtime runs which format, and what is missing."""

import pytest

import zoo
from tests.conftest import Install
from zoo.exporters.proof.plan import plan_runtimes

RUNTIME = '''"""A runtime of a test: NumPy's archives."""

FORMATS = ("onnx",)
WITHOUT = ()


def missing():
    return "numpy is too old: pip install numpy"


def version():
    return "numpy 9"


def open(path):
    raise ValueError("never")
'''


def test_each_format_is_run_in_its_own_runtime() -> None:
    formats = ["keras", "h5", "saved-model", "onnx"]
    plan = plan_runtimes(formats)
    assert plan.runtimes == {
        "keras": ("keras",),
        "h5": ("keras",),
        "saved-model": ("tensorflow",),
        "onnx": ("onnxruntime",),
    }
    assert plan.python == ["keras", "tensorflow", "onnxruntime"]
    assert plan.programs == []


def test_runtimes_are_added_to_the_formats_that_they_read() -> None:
    plan = plan_runtimes(["keras", "onnx"], ["tract", "openvino", "tract"])
    assert plan.runtimes == {"keras": ("keras",), "onnx": ("onnxruntime", "tract", "openvino")}
    assert plan_runtimes(["onnx"], ["tract"], own=False).runtimes == {"onnx": ("tract",)}


def test_all_stands_for_every_runtime_that_is_installed() -> None:
    plan = plan_runtimes(["onnx"], ["all"])
    assert {"onnxruntime", "openvino", "opencv", "tract"} <= set(plan.runtimes["onnx"])
    assert not plan.missing


def test_an_unknown_runtime_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(zoo.UnknownName, match=r"no runtime 'openvin'.*openvino"):
        plan_runtimes(["onnx"], ["openvin"])


def test_a_runtime_that_reads_none_of_the_formats_is_refused() -> None:
    with pytest.raises(zoo.UsageError, match=r"tract reads onnx. Received the formats: keras, h5"):
        plan_runtimes(["keras", "h5"], ["tract"])


def test_a_runtime_that_is_missing_is_named_with_what_to_install(install: Install) -> None:
    install("zoo-old", {"zoo_old.py": RUNTIME}, {"zoo.runtimes": "old = zoo_old"})
    plan = plan_runtimes(["onnx"], ["old"])
    assert plan.missing == {"old": "numpy is too old: pip install numpy"}
    assert plan.python == ["onnxruntime"]
    assert "old" not in plan_runtimes(["onnx"], ["all"]).runtimes["onnx"]


def test_a_runtime_that_lacks_a_member_is_named_with_its_package(install: Install) -> None:
    code = RUNTIME.replace("WITHOUT", "WITH")
    install("zoo-old", {"zoo_old.py": code}, {"zoo.runtimes": "old = zoo_old"})
    with pytest.raises(zoo.errors.PluginError, match=r"'old' of zoo-old .*lacks WITHOUT"):
        plan_runtimes(["onnx"], ["old"])
