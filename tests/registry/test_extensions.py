"""Extensions: pluggy's wrappers around the hooks of every architecture."""

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
import zoo_mlp

import zoo
from tests.conftest import Install, forget_installed
from zoo.entry_points import ARCHITECTURES, EXTENSIONS
from zoo.errors import PluginError
from zoo.registry.architectures import registry

SMALL: dict[str, Any] = {"units": [2], "epochs": 1, "batch_size": 16}
TRACKER = {EXTENSIONS: "tracker = zoo_tracker"}
WRAPPER = """
import zoo

@zoo.hookimpl(wrapper=True)
def {hook}({arguments}):
    {before}
    result = yield
    {after}
    return result
"""


def wrapper(hook: str, arguments: str = "", before: str = "pass", after: str = "pass") -> str:
    return WRAPPER.format(hook=hook, arguments=arguments, before=before, after=after)


@pytest.fixture
def extend() -> Iterator[Callable[..., ModuleType]]:
    """Put wrappers of this process around all hooks, for one test."""
    forget_installed()

    def add(name: str = "tracker", **wrappers: Any) -> ModuleType:
        module = ModuleType(f"zoo_{name}", "An extension of a test.")
        vars(module).update(wrappers)
        registry().add_extension(module, name)
        return module

    yield add
    forget_installed()


def test_a_wrapper_sees_the_arguments_and_the_result(
    extend: Callable[..., ModuleType], tiny: zoo.Dataset
) -> None:
    seen: list[Any] = []

    @zoo.hookimpl(wrapper=True)
    def train(model: Any, config: Any, data: Any, callbacks: Any) -> Any:
        seen.extend((model, config, data, len(callbacks)))
        result = yield
        seen.append(result)
        return result

    extend(train=train)
    run = zoo.train("mlp", data=tiny, seed=7, **SMALL)
    model, config, data, callbacks, history = seen
    assert model.name == "mlp"
    assert (config.units, config.epochs, config.classes) == ((2,), 1, tiny.classes)
    assert (data.name, data.seed) == ("tiny", 7)
    assert callbacks >= 3
    assert history.history["loss"] == [pytest.approx(run.history[0]["loss"])]


def test_the_old_kind_of_wrapper_works_too(
    extend: Callable[..., ModuleType], tiny: zoo.Dataset
) -> None:
    seen: list[Any] = []

    @zoo.hookimpl(hookwrapper=True)
    def train(config: Any) -> Any:
        seen.append(config.epochs)
        outcome = yield
        seen.append(outcome.get_result())

    extend(train=train)
    zoo.train("mlp", data=tiny, **SMALL)
    assert seen[0] == 1
    assert seen[1].history.keys() >= {"loss"}


def test_a_wrapper_may_change_what_goes_in_and_what_comes_out(
    extend: Callable[..., ModuleType],
) -> None:
    @zoo.hookimpl(wrapper=True)
    def build(config: Any) -> Any:
        model = yield
        model.name = f"{model.name}_with_{config.units[0]}"
        return model

    extend(build=build)
    settings: dict[str, Any] = {"input_shape": (4,), "classes": 2, "units": [3]}
    assert zoo.create("mlp", **settings).name == "mlp_with_3"


def test_wrappers_run_around_every_architecture_and_nest(
    extend: Callable[..., ModuleType],
) -> None:
    order: list[str] = []

    def wrapper_that_notes(name: str) -> Any:
        @zoo.hookimpl(wrapper=True)
        def build() -> Any:
            order.append(f"{name} before")
            model = yield
            order.append(f"{name} after {model.name}")
            return model

        return build

    extend("first", build=wrapper_that_notes("first"))
    extend("second", build=wrapper_that_notes("second"))
    mlp = registry().get("mlp")
    mlp.build(mlp.defaults().replace(input_shape=(4,), classes=2, units=[2]))
    assert order == ["second before", "first before", "first after mlp", "second after mlp"]
    order.clear()
    cnn = registry().get("cnn")
    cnn.build(cnn.defaults().replace(input_shape=(8, 8, 1), classes=2, filters=[2]))
    assert order[2:] == ["first after cnn", "second after cnn"]


def test_an_extension_taken_away_runs_no_more(extend: Callable[..., ModuleType]) -> None:
    calls = []

    @zoo.hookimpl(wrapper=True)
    def build() -> Any:
        calls.append(1)
        return (yield)

    module = extend(build=build)
    settings: dict[str, Any] = {"input_shape": (4,), "classes": 2, "units": [3]}
    zoo.create("mlp", **settings)
    seen = len(calls)
    assert seen
    registry().remove_extension(module)
    zoo.create("mlp", **settings)
    assert len(calls) == seen


@pytest.mark.parametrize(
    ("before", "after"), [("1 / 0", "pass"), ("pass", "1 / 0")], ids=["before", "after"]
)
def test_an_extension_that_raises_is_named_and_not_the_plugin(
    install: Install, tiny: zoo.Dataset, before: str, after: str
) -> None:
    install("zoo-tracker", {"zoo_tracker.py": wrapper("train", "", before, after)}, TRACKER)
    said = (
        r"^The extension 'tracker' of zoo-tracker 1\.0 failed at zoo_tracker\.py:\d+ "
        r"in train\(\): ZeroDivisionError: division by zero\. Switch it off: ZOO_DISABLE=tracker$"
    )
    with pytest.raises(PluginError, match=said):
        zoo.train("mlp", data=tiny, **SMALL)


def test_an_extension_of_the_old_kind_that_raises_is_named(
    install: Install, tiny: zoo.Dataset
) -> None:
    code = "import zoo\n@zoo.hookimpl(hookwrapper=True)\ndef build():\n    1 / 0\n    yield\n"
    install("zoo-tracker", {"zoo_tracker.py": code}, TRACKER)
    with pytest.raises(PluginError, match=r"^The extension 'tracker' of zoo-tracker 1\.0 failed"):
        zoo.create("mlp.digits")


def test_an_error_of_the_plugin_within_an_extension_is_the_plugins(install: Install) -> None:
    install("zoo-tracker", {"zoo_tracker.py": wrapper("build")}, TRACKER)
    code = "from zoo_mlp import *\nimport zoo\n@zoo.hookimpl\ndef build(): 1 / 0\n"
    install("zoo-net", {"zoo_net.py": code}, {ARCHITECTURES: "net = zoo_net"})
    with pytest.raises(
        PluginError, match=r"^The architecture 'net' of zoo-net 1\.0 failed at zoo_net"
    ):
        zoo.create("net", input_shape=(4,), classes=3)


def test_an_extension_may_turn_an_error_into_one_of_the_zoo(install: Install) -> None:
    install(
        "zoo-tracker",
        {"zoo_tracker.py": wrapper("build", "config", "raise zoo.SettingError('by policy')")},
        TRACKER,
    )
    with pytest.raises(zoo.SettingError, match=r"^by policy$"):
        zoo.create("mlp.digits")


def test_a_wrapper_that_swallows_the_result_is_named_beside_the_plugin(install: Install) -> None:
    code = "import zoo\n@zoo.hookimpl(wrapper=True)\ndef build():\n    yield\n"
    install("zoo-tracker", {"zoo_tracker.py": code}, TRACKER)
    said = (
        r"Received: None\. The extension 'tracker' of zoo-tracker 1\.0 wraps it\. "
        r"Switch it off: ZOO_DISABLE=tracker$"
    )
    with pytest.raises(PluginError, match=said):
        zoo.create("mlp.digits")


REFUSED: dict[str, tuple[str, str]] = {
    "it fails to import": ("import nowhere", "cannot be imported from zoo_tracker: ModuleNotFound"),
    "it ends the process": ("exit()", "cannot be imported from zoo_tracker: SystemExit"),
    "a hook is misspelt": (
        wrapper("trian"),
        "a hook 'trian' that does not exist. Did you mean train",
    ),
    "an argument is unknown": (
        wrapper("train", "modl"),
        "breaks the contract: train(modl) asks for 'modl'. train() may ask for model, config,",
    ),
    "it implements a hook": (
        "import zoo\n@zoo.hookimpl\ndef build(): pass",
        "implements build() itself. An extension may only wrap hooks: use @zoo.hookimpl(wrapper=True)",
    ),
    "it is no generator": (
        "import zoo\n@zoo.hookimpl(wrapper=True)\ndef build(): pass",
        "is not a generator function",
    ),
    "it forgot the mark": ("def build(): yield", "has a function build() that is not a hook yet"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_extension_that_cannot_be_used_is_named_every_time(install: Install, case: str) -> None:
    code, problem = REFUSED[case]
    install("zoo-tracker", {"zoo_tracker.py": code}, TRACKER)
    for _ in range(2):
        with pytest.raises(PluginError) as raised:
            zoo.create("mlp.digits")
        assert str(raised.value).startswith("The extension 'tracker' of zoo-tracker 1.0 ")
        assert problem in str(raised.value)
        assert str(raised.value).endswith("Switch it off: ZOO_DISABLE=tracker")
        assert "\n" not in str(raised.value)
    assert "mlp.digits" in zoo.list_models()
    assert "mlp" in zoo.list_architectures()


def test_beside_a_broken_extension_a_good_one_is_loaded_once(install: Install) -> None:
    """The first try loads `a` and fails at `b`; the second must not stumble over `a`."""
    install("zoo-a", {"zoo_a.py": wrapper("build")}, {EXTENSIONS: "a = zoo_a"})
    site = install("zoo-b", {"zoo_b.py": "1 / 0"}, {EXTENSIONS: "b = zoo_b"})
    for _ in range(2):
        with pytest.raises(
            PluginError, match=r"^The extension 'b' of zoo-b 1\.0 cannot be imported"
        ):
            zoo.create("mlp.digits")
    (site / "zoo_b.py").write_text(wrapper("train") + "# mended\n")
    assert zoo.create("mlp.digits").name == "mlp"


def test_an_architecture_cannot_be_an_extension_as_well(install: Install) -> None:
    install("zoo-net", {}, {EXTENSIONS: "net = zoo_mlp"})
    with pytest.raises(PluginError, match=r"^The extension 'net' of zoo-net 1\.0 implements"):
        zoo.create("mlp.digits")
    assert zoo_mlp.build is not None


def test_without_extensions_nothing_is_wrapped() -> None:
    forget_installed()
    assert zoo.create("mlp.digits").name == "mlp"


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_extension_can_be_switched_off(
    install: Install, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    install("zoo-tracker", {"zoo_tracker.py": REFUSED[case][0]}, TRACKER)
    monkeypatch.setenv("ZOO_DISABLE", "other, tracker")
    assert zoo.create("mlp.digits").name == "mlp"
    assert "zoo_tracker" not in sys.modules


def test_an_extension_is_switched_off_after_it_failed(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("zoo-tracker", {"zoo_tracker.py": "1 / 0"}, TRACKER)
    with pytest.raises(PluginError, match="ZOO_DISABLE=tracker"):
        zoo.create("mlp.digits")
    monkeypatch.setenv("ZOO_DISABLE", "tracker")
    assert zoo.create("mlp.digits").name == "mlp"


def test_an_extension_registered_by_hand_has_no_advice(extend: Callable[..., ModuleType]) -> None:
    @zoo.hookimpl(wrapper=True)
    def build() -> Any:
        yield
        return None

    extend(build=build)
    with pytest.raises(PluginError, match=r"'tracker' of this process wraps it$"):
        zoo.create("mlp.digits")
