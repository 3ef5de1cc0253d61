"""Files that need the plug-in without saying so are found; JAX is skipped with a reason."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from tests.conftest import Install
from tests.testing.conftest import Verdict
from zoo.testing import CHECKS, Runner, Subject, outcomes
from zoo.testing.architecture.portability import check_reopen, not_importable


def test_a_module_is_hidden_from_the_processes_that_follow_the_path() -> None:
    code = "import sys; sys.path[:0] = {!r}; import zoo_mlp"
    with not_importable(["zoo_mlp"]):
        hidden = subprocess.run(
            [sys.executable, "-P", "-c", code.format(sys.path)], capture_output=True, text=True
        )
    assert hidden.returncode == 1
    assert "zoo check lets no process import zoo_mlp here" in hidden.stderr
    assert not any("zoo-check-" in path for path in sys.path)


def test_jax_is_skipped_with_a_reason_where_it_cannot_be_tried(verdict: Verdict) -> None:
    found = verdict("jax")
    assert found.verdict == "skipped"
    assert "registered by hand" in found.detail


OWN_LAYER = """
'''A perceptron whose part ends in a layer of the package.'''
import keras, zoo, zoo_mlp
from zoo_mlp import apply, build, evaluate, preview, train

@zoo.hookimpl
def defaults():
    return zoo_mlp.Config(units=(8,))

@keras.saving.register_keras_serializable("zoo_doubled")
class Double(keras.layers.Layer):
    def call(self, x):
        return 2 * x

@zoo.hookimpl
def export(model):
    return {"classifier": keras.Model(model.input, Double(name="doubled")(model.output))}
"""


def test_a_file_that_needs_the_plugin_must_say_so(install: Install, tmp_path: Path) -> None:
    install(
        "zoo-doubled", {"zoo_doubled.py": OWN_LAYER}, {"zoo.architectures": "doubled = zoo_doubled"}
    )
    runner = Runner(Subject("doubled", tmp_path, ["keras"]), CHECKS)
    assert runner.outcome("reopen").verdict == "passed", runner.outcome("reopen").detail
    file = runner.subject.export_folder / "report.json"
    report = json.loads(file.read_text("utf-8"))
    assert [each["requires"] for each in report["files"]] == [["zoo_doubled"]]
    report["files"][0]["requires"] = []
    file.write_text(json.dumps(report), "utf-8")
    with pytest.raises(zoo.ExportError, match="its runtime refuses it"):
        check_reopen(runner.subject)


RANDOM_ON_JAX = """
'''A perceptron that starts anywhere on JAX, and as the seed says elsewhere.'''
import os

import keras, zoo, zoo_mlp
from zoo_mlp import apply, evaluate, export, preview, train

@zoo.hookimpl
def defaults():
    return zoo_mlp.Config(units=(8,))

@zoo.hookimpl
def build(config):
    model = zoo_mlp.build(config)
    if keras.backend.backend() == "jax":
        bias = model.get_layer("logits").bias
        bias.assign(bias + int.from_bytes(os.urandom(2), "little"))
    return model
"""


@pytest.mark.slow
def test_what_is_not_repeatable_on_jax_alone_is_found(install: Install) -> None:
    points = {"zoo.architectures": "lucky = zoo_lucky"}
    install("zoo-lucky", {"zoo_lucky.py": RANDOM_ON_JAX}, points)
    (found,) = outcomes("lucky", ["jax"])
    assert found.verdict == "failed"
    assert "On JAX: resume: Two trainings with one seed end with other weights" in found.detail
