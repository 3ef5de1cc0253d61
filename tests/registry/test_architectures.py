import functools
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import zoo_mlp

import zoo
from tests.conftest import Install, plugin
from zoo.entry_points import ARCHITECTURES
from zoo.errors import PluginError
from zoo.registry.architecture import Architecture
from zoo.registry.architectures import Registry, registry
from zoo.registry.hookspecs import REQUIRED

Register = Callable[..., Architecture]


def registration_error(module: ModuleType) -> str:
    """Register a module; give what the refusal says, and see that it leaves nothing behind."""
    fresh = Registry()
    with pytest.raises(PluginError) as raised:
        fresh.register(module, "stranger", "zoo-stranger 1.0")
    assert "stranger" not in fresh.names()
    fresh.register(plugin("zoo_another"), "stranger")  # the name, and the hooks, are free again
    assert str(raised.value).startswith("The architecture 'stranger' of zoo-stranger 1.0 ") or (
        "of the architecture 'stranger' of zoo-stranger 1.0" in str(raised.value)
    )
    return str(raised.value)


def test_a_plugin_is_registered_with_its_summary_and_its_hooks(register: Register) -> None:
    architecture = register(preview=None)
    assert architecture.summary == "A plug-in of a test."
    assert (architecture.has("apply"), architecture.has("preview")) == (True, False)
    assert isinstance(architecture.defaults(), zoo_mlp.Config)
    assert "stranger" in zoo.list_architectures()
    assert registry().get("stranger") is architecture


def test_an_architecture_is_imported_once_and_checked_on_first_use(install: Install) -> None:
    install("zoo-net", {"zoo_net.py": "from zoo_mlp import *\nfrom zoo_mlp import preview"}, {
        ARCHITECTURES: "net = zoo_net"
    })  # fmt: skip
    assert registry().get("net") is registry().get("net")
    assert registry().get("net").package == "zoo-net 1.0"


def test_an_unknown_architecture_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        zoo.UnknownName, match=r"no architecture 'clnn'\. Did you mean cnn or cnn-vis\?"
    ):
        registry().get("clnn")


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_required_hook_is_named_with_the_line_to_add(name: str) -> None:
    said = registration_error(plugin(**{name: None}))
    assert f"lacks the hook {name}(): add @zoo.hookimpl and def {name}(" in said


def test_a_module_without_any_hook_is_refused() -> None:
    assert "lacks the hook defaults(): add @zoo.hookimpl and def defaults()." in registration_error(
        ModuleType("zoo_empty")
    )


def test_a_function_that_is_not_marked_is_no_hook_yet() -> None:
    def build(config: Any) -> None: ...

    module = plugin(build=None)
    vars(module)["build"] = build
    assert (
        "has a function build() that is not a hook yet: put @zoo.hookimpl above it"
        in registration_error(module)
    )


@pytest.mark.parametrize(("name", "meant"), [("biuld", "build"), ("evalute", "evaluate")])
def test_a_misspelt_hook_is_answered_with_the_nearest(name: str, meant: str) -> None:
    module = plugin()
    setattr(module, name, zoo.hookimpl(lambda config: None))
    said = registration_error(module)
    assert f"implements a hook '{name}' that does not exist. Did you mean {meant}" in said


def test_an_argument_that_no_hook_has_is_named_beside_those_that_it_has() -> None:
    def train(model: Any, conf: Any) -> None: ...

    assert (
        "train(model, conf) asks for 'conf'. train() may ask for model, config, data, callbacks, "
        "run." in registration_error(plugin(train=train))
    )
    assert "asks for 'x'. defaults() may ask for nothing." in registration_error(
        plugin(defaults=lambda x: zoo_mlp.Config())
    )


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (functools.partial(zoo_mlp.build), "functools.partial"),
        (type("Build", (), {}), "<class"),
        (type("Callable", (), {"__call__": zoo_mlp.build})(), "Callable"),
    ],
    ids=["partial", "class", "instance"],
)
@pytest.mark.parametrize("hook", ["build", "evaluate"])
def test_a_hook_that_is_no_function_is_refused(hook: str, function: Any, shown: str) -> None:
    said = registration_error(plugin(**{hook: function}))
    assert f"the hook {hook} must be a function. Received: " in said
    assert shown in said


def test_an_architecture_cannot_be_a_wrapper() -> None:
    def train(model: Any) -> Any:
        return (yield)

    module = plugin(train=None)
    vars(module)["train"] = zoo.hookimpl(wrapper=True)(train)
    assert "wraps train(), which is what an extension does" in registration_error(module)
    vars(module)["train"] = zoo.hookimpl(wrapper=True)(lambda model: None)
    assert "is not a generator function" in registration_error(module)


class Plain:
    """No zoo.Config."""


@pytest.mark.parametrize("given", [None, {}, zoo_mlp.Config, Plain(), "Config"])
def test_defaults_must_give_a_config(given: Any) -> None:
    said = registration_error(plugin(defaults=lambda: given))
    assert said.startswith("defaults() of the architecture 'stranger'")
    assert "must return an instance of a subclass of zoo.Config. Received: " in said


def test_defaults_that_raise_are_told() -> None:
    said = registration_error(plugin(defaults=lambda: 1 / 0))
    assert "failed in defaults(): ZeroDivisionError: division by zero" in said
    said = registration_error(plugin(defaults=lambda: zoo_mlp.Config(epochs=0)))
    assert "failed in defaults(): ValidationError: 1 validation error for Config epochs" in said


def test_an_error_of_the_zoo_in_defaults_comes_through_and_leaves_nothing_behind() -> None:
    fresh, broken = Registry(), plugin(defaults=lambda: zoo_mlp.Config().replace(epochs=0))
    for _ in range(2):
        with pytest.raises(zoo.SettingError, match="integer above 0"):
            fresh.register(broken, "stranger")


def test_a_name_is_taken_once_and_free_again_afterwards(register: Register) -> None:
    register()
    with pytest.raises(PluginError, match="'stranger' of this process is registered already"):
        registry().register(plugin("zoo_other"), "stranger")
    registry().unregister("stranger")
    assert "stranger" not in registry().names()
    register()


def test_what_is_not_registered_cannot_be_forgotten(register: Register) -> None:
    register()
    with pytest.raises(zoo.UnknownName, match=r"'strangr'\. Did you mean stranger\?"):
        registry().unregister("strangr")


def test_one_module_cannot_have_two_names(install: Install) -> None:
    install("zoo-net", {}, {ARCHITECTURES: "net = zoo_mlp"})
    assert registry().get("mlp").name == "mlp"
    said = re.escape("'net' of zoo-net 1.0 is the module zoo_mlp, which is 'mlp' already")
    with pytest.raises(PluginError, match=said):
        registry().get("net")
    assert registry().get("mlp").name == "mlp"


def test_hooks_may_leave_out_what_they_do_not_need(register: Register, tiny: zoo.Dataset) -> None:
    def evaluate() -> dict[str, float]:
        return {"constant": 1.0}

    def preview(data: Any) -> dict[str, Any]:
        return {"first": data.test.inputs[0]}

    def apply(items: Any) -> list[dict[str, Any]]:
        return [{"length": len(items)} for _ in items]

    architecture = register(evaluate=evaluate, preview=preview, apply=apply)
    assert architecture.evaluate(None, None, tiny) == {"constant": 1.0}
    assert architecture.preview(None, None, tiny)["first"].size == (8, 8)
    assert architecture.apply(None, None, ["a", "b"]) == [{"length": 2}] * 2


def test_optional_hooks_may_be_missing(register: Register, tiny: zoo.Dataset) -> None:
    architecture = register(evaluate=None, preview=None, apply=None)
    assert architecture.evaluate(None, None, tiny) == {}
    assert architecture.preview(None, None, tiny) == {}
    with pytest.raises(PluginError, match=r"'stranger' of this process has no apply\(\)"):
        architecture.apply(None, None, [])
