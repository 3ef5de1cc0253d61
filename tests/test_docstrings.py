"""Names and docstrings keep to the rules of CONTRIBUTING.md, as far as a program can see it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(
    [
        *ROOT.glob("zoo/**/*.py"),
        *ROOT.glob("plugins/**/*.py"),
        *ROOT.glob("examples/*/zoo_*/**/*.py"),
    ]
)
CORE = [path for path in MODULES if path.is_relative_to(ROOT / "zoo")]
# words that end like a participle and are the field's nouns, verbs or adjectives
WORDS = {
    "bleed", "embed", "exceed", "feed", "need", "proceed", "seed", "shed", "speed", "spread", "read",
    "is_trained", "is_built", "built", "needed",
    "registered",  # a fixture of pytest, named by what it gives: registered(module)
}  # fmt: skip
PARTICIPLES = {
    "made", "kept", "drawn", "told", "said", "found", "chosen", "given", "taken", "shown", "seen", "held",
    "known", "cut", "left", "lost", "gone", "written", "begun", "fed", "put", "spoilt", "learnt",
}  # fmt: skip


def functions(path: Path) -> Iterator[tuple[ast.FunctionDef, bool]]:
    """Give each function of a module or of its classes, and whether it is public and overrides nothing."""
    inherited = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        members = [node, *(node.body if isinstance(node, ast.ClassDef) else [])]
        inside = not node.name.startswith("_") if isinstance(node, ast.ClassDef) else True
        if isinstance(node, ast.ClassDef) and any(ast.unparse(b) == "Progress" for b in node.bases):
            inherited = {"start", "step", "epoch"}  # zoo.runs.progress describes them once
        for member in members:
            if isinstance(member, ast.FunctionDef):
                public = inside and member.name not in inherited
                yield member, public and not member.name.startswith("_")


def is_participle(name: str) -> bool:
    """Return whether a name is one bare participle: `opened`, `_made`."""
    word = name.strip("_")
    if "_" in word or word in WORDS:
        return False
    return word in PARTICIPLES or bool(re.fullmatch(r"[a-z]{2,}ed", word))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: "-".join(path.parts[-2:]))
def test_no_function_is_named_by_a_bare_participle(path: Path) -> None:
    bad = [function.name for function, _ in functions(path) if is_participle(function.name)]
    assert not bad, f"{path.relative_to(ROOT)}: {', '.join(bad)}"


@pytest.mark.parametrize("path", CORE, ids=lambda path: "-".join(path.parts[-2:]))
def test_public_functions_with_three_parameters_describe_them(path: Path) -> None:
    bad = []
    for function, public in functions(path):
        arguments = [*function.args.args, *function.args.kwonlyargs]
        names = [argument.arg for argument in arguments if argument.arg not in ("self", "cls")]
        if not public or len(names) < 3 or _is_hook(function):
            continue
        text = ast.get_docstring(function) or ""
        if "Args:" not in text or not all(re.search(rf"\b{name}\b", text) for name in names):
            bad.append(function.name)
    assert not bad, f"{path.relative_to(ROOT)}: {', '.join(bad)}"


def _is_hook(function: ast.FunctionDef) -> bool:
    """Return whether a function is a hook, a command, or a method that Keras calls and describes."""
    names = [argument.arg for argument in function.args.args]
    if names == ["ctx", "param", "incomplete"]:  # click's completion
        return True
    decorators = " ".join(map(ast.unparse, function.decorator_list))
    keras = {"call", "compute_loss", "update_step", "apply", "build", "train_step"}
    hooks = {"defaults", "build", "train", "export", "evaluate", "preview", "apply"}
    return bool(re.search("hook|command|option", decorators)) or function.name in keras | hooks
