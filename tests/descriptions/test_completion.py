"""Completion of settings: in the shell, in IPython, and in editors by the stub."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import zoo
from zoo.descriptions import ipython_completion
from zoo.descriptions.completion import complete_assignment, find_settings
from zoo.descriptions.stub import stub_text

Shell = Callable[..., tuple[int, str, str]]
STUB = Path(zoo.__file__).with_suffix(".pyi")


def completed(words: str, incomplete: str) -> list[str]:
    """Return what the shell offers, as bash asks for it."""
    variables = {"_ZOO_COMPLETE": "bash_complete", "COMP_WORDS": f"{words} {incomplete}".rstrip()}
    variables["COMP_CWORD"] = str(len(words.split()))
    done = subprocess.run(
        [str(Path(sys.executable).with_name("zoo"))],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_settings_and_their_values_are_completed() -> None:
    texts = [text for text, _ in complete_assignment("mlp.digits", "")]
    assert {"units=", "epochs=", "activation="} <= set(texts)
    assert ("units=", "Units of each hidden layer, from the input to the output.") in (
        complete_assignment("mlp", "uni")
    )
    assert ("normalization=batch", "") in complete_assignment("mlp", "normalization=b")
    assert [text for text, _ in complete_assignment("mlp", "best_epoch=")] == [
        "best_epoch=true",
        "best_epoch=false",
    ]
    assert ("kernel_constraint=none", "") in complete_assignment("mlp", "kernel_constraint=")
    assert complete_assignment("nothing", "") == []


@pytest.mark.slow
def test_bash_completes_settings_and_tags() -> None:
    assert completed("zoo train mlp --set", "uni") == ["units="]
    assert completed("zoo list --tag", "offl") == ["offline"]


def test_bash_leaves_no_space_after_the_name_of_a_setting(shell: Shell) -> None:
    script = shell("completion", "bash")[1]
    assert "compopt -o nospace" in script
    assert "COMP_WORDBREAKS=${COMP_WORDBREAKS//=}" in script
    assert "COMP_WORDBREAKS" not in shell("completion", "fish")[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('zoo.train("mlp", unit', ["units="]),
        ("run = zoo.train('mlp.digits', seed=1, unit", ["units="]),
        ('zoo.train(\n    "mlp",\n    epochs=3,\n    unit', ["units="]),
        ('zoo.create("mlp", units=[1], batch_s', ["batch_size="]),
        ('zoo.train_seeds("mlp", 5, unit', ["units="]),
        ('zoo.train("mlp", units', ["units="]),
        ('zoo.train("nothing", unit', []),
        ('zoo.export("mlp", unit', []),
        ('zoo.train("mlp", units=unit', []),
    ],
)
def test_a_call_is_completed_before_the_cursor(text: str, expected: list[str]) -> None:
    find_settings("mlp")
    assert ipython_completion.complete_call(text) == expected


def test_ipython_offers_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    interactive = pytest.importorskip("IPython.core.interactiveshell")
    completer = pytest.importorskip("IPython.core.completer")
    find_settings("mlp")
    shell = interactive.InteractiveShell.instance()
    try:
        ipython_completion.register()
        ipython_completion.register()
        assert shell.Completer.custom_matchers == [ipython_completion.match_settings]
        text = 'zoo.train("mlp", unit'
        with completer.provisionalcompleter():
            found = [each.text for each in shell.Completer.completions(text, len(text))]
        assert "units=" in found
    finally:
        interactive.InteractiveShell.clear_instance()


def test_the_stub_is_that_of_the_code_and_of_the_catalog() -> None:
    text = stub_text(_own_architectures())
    assert STUB.read_text("utf-8") == text, (
        "make it again: zoo completion python > zoo/__init__.pyi"
    )


def test_the_stub_types_each_setting_and_each_public_name() -> None:
    tree = ast.parse(STUB.read_text("utf-8"))
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    settings = {
        ast.unparse(node.target): ast.unparse(node.annotation)
        for node in classes["_CnnSettings"].body
        if isinstance(node, ast.AnnAssign)
    }
    assert settings["filters"] == "Sequence[int]"
    assert settings["normalization"] == "Literal['none', 'batch', 'group', 'layer']"
    assert settings["classes"] == "Sequence[str] | int | None"
    names = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    } | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(zoo.__all__) <= names


def _own_architectures() -> list[str]:
    from zoo.entry_points import ARCHITECTURES, EntryPointGroup

    group = EntryPointGroup(ARCHITECTURES)
    return [name for name in group.names() if group.packages(name).startswith("keras-zoo ")]
