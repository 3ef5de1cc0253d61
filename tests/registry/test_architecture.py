"""What the hooks give and what they raise: each mistake is told with the hook, the plug-in, the package."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import zoo_cnn
import zoo_mlp
from PIL import Image

import zoo
from tests.conftest import Install, plugin
from zoo.entry_points import ARCHITECTURES
from zoo.errors import PluginError
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import registry
from zoo.registry.model_size import count_parameters
from zoo.tasks import classification

Register = Callable[..., Architecture]
SMALL: dict[str, Any] = {"units": [2], "epochs": 1, "batch_size": 16}
WHO = r"of the architecture 'stranger' of this process"


def train_stranger(data: zoo.Dataset, **more: Any) -> zoo.Run:
    return zoo.train("stranger", data=data, out="run", **{**SMALL, **more})


class Unbuilt(keras.Model):
    """A subclassed model that has not met its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(2)


@pytest.mark.parametrize("given", [None, "a model", keras.layers.Dense(1), [], {}, keras.Model])
def test_build_must_give_a_model(register: Register, given: Any) -> None:
    register(build=lambda: given)
    with pytest.raises(
        PluginError, match=rf"^build\(\) {WHO} must return a keras\.Model\. Received"
    ):
        zoo.create("stranger", input_shape=(4,), classes=3)


def test_a_model_without_variables_yet_is_refused(register: Register) -> None:
    register(build=lambda: Unbuilt())
    with pytest.raises(
        PluginError, match=rf"^build\(\) {WHO} must return a .*model.*Received: <Unbuilt"
    ):
        zoo.create("stranger", input_shape=(4,), classes=3)


class Around(keras.Model):
    """A subclassed model that is never called as a whole, around one that has its weights."""

    def __init__(self, part: keras.Model) -> None:
        super().__init__()
        self.part = part


def test_a_model_around_its_parts_need_not_be_called_itself(register: Register) -> None:
    architecture = register(build=lambda config: Around(zoo_mlp.build(config)))
    config = architecture.defaults().replace(input_shape=(2, 2, 1), classes=3, units=[2])
    assert count_parameters(architecture, config) == 4 * 2 + 2 + 2 * 3 + 3
    assert not architecture.build(config).built


@pytest.mark.parametrize("given", [None, {"loss": 0.1}, 0.1, [1, 2]])
def test_train_must_give_the_history_of_fit(
    register: Register, tiny: zoo.Dataset, given: Any
) -> None:
    register(train=lambda: given)
    with pytest.raises(PluginError, match=rf"^train\(\) {WHO} must return the History that model"):
        train_stranger(tiny)
    assert zoo.Run.open("run").state == "failed"


def test_train_must_pass_the_callbacks(register: Register, tiny: zoo.Dataset) -> None:
    def train(model: Any, config: Any, data: Any) -> Any:
        return classification.train(model, config, data, [])

    register(train=train)
    with pytest.raises(
        zoo.TrainingError, match=r"ended after 0 of 2 epochs\. It must pass the core's"
    ):
        train_stranger(tiny, epochs=2)
    assert zoo.Run.open("run").state == "failed"


PARTS: dict[str, tuple[Any, str]] = {
    "nothing": (lambda model: None, r"a dictionary of parts\. Received: None"),
    "no part": (lambda model: {}, r"a dictionary of parts\. Received: {}"),
    "a model": (lambda model: model, r"a dictionary of parts\. Received: <Functional"),
    "a list": (lambda model: [model], r"a dictionary of parts"),
    "no model": (lambda model: {"a": 1}, r"from role to keras\.Model\. Received: {'a': 1}"),
    "a layer": (lambda model: {"a": model.layers[1]}, r"from role to keras\.Model"),
    "a number's role": (lambda model: {1: model}, r"from role to keras\.Model. Received: {1: "),
}


@pytest.mark.parametrize("case", PARTS)
def test_export_must_give_parts_by_role(register: Register, tiny: zoo.Dataset, case: str) -> None:
    given, said = PARTS[case]
    architecture = register(export=given)
    model = zoo.create("stranger", input_shape=(4,), classes=3, units=[2])
    with pytest.raises(PluginError, match=rf"^export\(\) {WHO} must return .*{said}"):
        architecture.export(model, architecture.defaults())


@pytest.mark.parametrize(
    "role", ["", "my part", "../escape", "a/b", "1st", "part.onnx", "x" * 3 + "\n"]
)
def test_a_role_that_is_no_word_is_refused(
    register: Register, tiny: zoo.Dataset, tmp_path: Path, role: str
) -> None:
    register(export=lambda model: {role: model}, evaluate=classification.evaluate)
    run = train_stranger(tiny)
    with pytest.raises(zoo.ExportError, match="A part's role must be a word, such as encoder"):
        zoo.export(run, ["keras"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    assert not (run.path / "export").exists()


def test_a_part_that_is_not_exported_is_named(register: Register, tiny: zoo.Dataset) -> None:
    register(export=lambda model: {"reader": model})
    with pytest.raises(PluginError, match=r"export\(\) returns no part 'classifier'.*'reader'"):
        train_stranger(tiny)
    assert zoo.Run.open("run").state == "trained"


@pytest.mark.parametrize(
    "given", [None, 0.9, [0.9], {"accuracy": "high"}, {"accuracy": None}, {"a": np.zeros(2)}]
)
def test_evaluate_must_give_numbers_by_name(register: Register, given: Any) -> None:
    architecture = register(evaluate=lambda: given)
    with pytest.raises(
        PluginError, match=rf"^evaluate\(\) {WHO} must return a dictionary of numbers"
    ):
        architecture.evaluate(None, None, None)


def test_any_kind_of_number_is_a_measure(register: Register) -> None:
    given = {"a": np.float32(0.5), "b": 1, "c": keras.ops.convert_to_tensor(0.25), 4: True}
    architecture = register(evaluate=lambda: given)
    found = architecture.evaluate(None, None, None)
    assert found == {"a": 0.5, "b": 1.0, "c": 0.25, "4": 1.0}
    assert {type(value) for value in found.values()} == {float}


PICTURES: dict[str, tuple[Any, str]] = {
    "nothing": (None, "a dictionary of pictures. Received: None"),
    "a picture": (np.zeros((2, 2)), "a dictionary of pictures"),
    "a text": ({"a": "text"}, "as the picture 'a'. Received: 'text'"),
    "five channels": ({"a": np.zeros((4, 4, 5))}, "as the picture 'a'"),
    "no pixel": ({"a": np.zeros((0, 4))}, "as the picture 'a'"),
    "no frame": ({"a": []}, "as the picture 'a'"),
    "a frame": ({"a": [np.zeros((2, 2)), None]}, "as the picture 'a'"),
    "a way out": ({"../a": np.zeros((2, 2))}, "by file name without a suffix"),
    "a hidden file": ({".a": np.zeros((2, 2))}, "by file name without a suffix"),
    "no name": ({1: np.zeros((2, 2))}, "by file name without a suffix"),
}


@pytest.mark.parametrize("case", PICTURES)
def test_preview_must_give_pictures_by_file_name(register: Register, case: str) -> None:
    given, said = PICTURES[case]
    architecture = register(preview=lambda: given)
    with pytest.raises(PluginError, match=rf"^preview\(\) {WHO} must return ") as raised:
        architecture.preview(None, None, None)
    assert said in str(raised.value)


@pytest.mark.usefixtures("drawing")
def test_pictures_of_every_kind_are_drawn(register: Register) -> None:
    from zoo.io.pictures import figure

    given = {
        "grey": np.zeros((3, 4)),
        "colour": np.zeros((3, 4, 3), np.uint8),
        "image": Image.new("L", (4, 3)),
        "figure": figure(1, 1),
        "film": [np.zeros((3, 4, 1))] * 2,
    }
    drawn = register(preview=lambda: given).preview(None, None, None)
    assert [drawn[name].size for name in ("grey", "colour", "image")] == [(4, 3)] * 3
    assert len(drawn["film"]) == 2


@pytest.mark.parametrize("given", [None, [], [{}], [{}, {}, {}], {"a": 1}, [1, 2], "ab"])
def test_apply_must_give_a_result_for_each_item(register: Register, given: Any) -> None:
    architecture = register(apply=lambda: given)
    with pytest.raises(PluginError, match=rf"^apply\(\) {WHO} must return "):
        architecture.apply(None, None, ["one", "two"])


STRANGER = '''
"""A plug-in that fails where it is told to."""
import os, zoo, zoo_mlp
from zoo.tasks import classification

def fail(hook):
    if os.environ["FAILS"].partition(":")[0] == hook:
        exec(os.environ["FAILS"].partition(":")[2], {"zoo": zoo})

@zoo.hookimpl
def defaults():
    return zoo_mlp.Config()

@zoo.hookimpl
def build(config):
    fail("build")
    return zoo_mlp.build(config)

@zoo.hookimpl
def train(model, config, data, callbacks):
    fail("train")
    return classification.train(model, config, data, callbacks)

@zoo.hookimpl
def export(model):
    fail("export")
    return {"classifier": model}

@zoo.hookimpl
def evaluate(model, data):
    fail("evaluate")
    return classification.evaluate(model, data)

@zoo.hookimpl
def preview(model):
    fail("preview")
    return {}

@zoo.hookimpl
def apply(items):
    fail("apply")
    return [{} for item in items]
'''


@pytest.fixture
def stranger(install: Install, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """An installed plug-in whose hook runs some code: stranger("build", "1 / 0")."""
    install(
        "zoo-stranger", {"zoo_stranger.py": STRANGER}, {ARCHITECTURES: "stranger = zoo_stranger"}
    )
    monkeypatch.setenv("FAILS", "nowhere")
    return lambda hook, code: monkeypatch.setenv("FAILS", f"{hook}:{code}")


def use_hook(hook: str, data: zoo.Dataset) -> None:
    """Come by the one hook, after everything that must come before it."""
    run = train_stranger(data)
    if hook == "export":
        zoo.export(run, ["keras"])
    if hook == "apply":
        zoo.apply(run, ["x"])


@pytest.mark.parametrize("hook", ["build", "train", "export", "evaluate", "preview", "apply"])
def test_an_error_in_a_hook_names_hook_plugin_package_and_line(
    stranger: Callable[[str, str], None], tiny: zoo.Dataset, hook: str
) -> None:
    stranger(hook, "{}['key']")
    said = (
        rf"The architecture 'stranger' of zoo-stranger 1\.0 failed at zoo_stranger\.py:\d+ "
        rf"in {hook}\(\): KeyError: 'key'"
    )
    with pytest.raises(PluginError, match=said) as raised:
        use_hook(hook, tiny)
    cause: BaseException | None = raised.value
    while isinstance(cause, PluginError):
        cause = cause.__cause__
    assert isinstance(cause, KeyError)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise SystemExit(1)", "SystemExit: 1"),
        ("raise ValueError", "ValueError"),
        ("raise ValueError('a\\n\\nb\\nc\\nd')", "ValueError: a b c"),
        ("def f(): f()\nf()", "RecursionError"),
        ("import tensorflow as tf; tf.zeros((2, 3)) @ tf.zeros((2, 3))", "InvalidArgumentError"),
        ("raise MemoryError", "MemoryError"),
        ("raise StopIteration", "StopIteration"),
        ("import pydantic; pydantic.TypeAdapter(int).validate_python('x')", "ValidationError"),
    ],
)
def test_any_error_is_told_in_one_line(
    stranger: Callable[[str, str], None], tiny: zoo.Dataset, code: str, said: str
) -> None:
    stranger("train", code)
    with pytest.raises(PluginError, match=rf"in train\(\): {said}") as raised:
        train_stranger(tiny)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 600
    assert zoo.Run.open("run").state == "failed"


@pytest.mark.parametrize("hook", ["build", "train", "export", "apply"])
@pytest.mark.parametrize("kind", ["SettingError", "DataError", "TrainingError"])
def test_an_error_of_the_zoo_comes_through_as_it_is(
    stranger: Callable[[str, str], None], tiny: zoo.Dataset, hook: str, kind: str
) -> None:
    stranger(hook, f"raise zoo.{kind}('said by the plug-in')")
    with pytest.raises(getattr(zoo, kind), match=r"^said by the plug-in$"):
        use_hook(hook, tiny)


@pytest.mark.parametrize("hook", ["build", "train", "export", "apply"])
def test_ctrl_c_in_a_hook_is_ctrl_c(
    stranger: Callable[[str, str], None], tiny: zoo.Dataset, hook: str
) -> None:
    stranger(hook, "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        use_hook(hook, tiny)


def test_a_measure_that_fails_leaves_the_trained_weights(
    stranger: Callable[[str, str], None], tiny: zoo.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger("evaluate", "1 / 0")
    with pytest.raises(PluginError, match=r"in evaluate\(\): ZeroDivisionError"):
        train_stranger(tiny)
    assert zoo.Run.open("run").state == "trained"
    stranger("nowhere", "")
    assert 0 <= zoo.evaluate("run", tiny)["accuracy"] <= 1
    assert zoo.Run.open("run").state == "finished"


def test_a_hook_that_gives_nothing_never_falls_through_to_another_plugin(
    register: Register,
) -> None:
    """pluggy would go on to the next plug-in, which here is a whole other architecture."""
    other = zoo_cnn.Config(input_shape=(8, 8, 1), classes=("a", "b"), filters=(2,), convolutions=1)
    assert registry().get("cnn").build(other).name == "cnn"
    stranger = register(**dict.fromkeys(("build", "evaluate", "preview"), lambda: None))
    with pytest.raises(PluginError, match=rf"^build\(\) {WHO} .*Received: None"):
        stranger.build(other)
    with pytest.raises(PluginError, match=rf"^evaluate\(\) {WHO} .*Received: None"):
        stranger.evaluate(None, other, None)
    assert registry().get("cnn").build(other).name == "cnn"
    assert isinstance(registry().get("mlp").defaults(), zoo_mlp.Config)


def test_two_plugins_do_not_hear_each_other(register: Register) -> None:
    register(build=lambda: pytest.fail("another architecture was asked for"))
    registry().register(plugin("zoo_other"), "other")
    assert zoo.create("other", input_shape=(4,), classes=2, units=[3]).name == "mlp"
