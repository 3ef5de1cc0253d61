"""Every block of code on every page: Python runs, TOML and JSON are read, each command exists.

`pytest -m long tests/test_docs_commands.py` also runs the commands. What cannot be run says so on its page:
tests/blocks.py describes the comments.
"""

import importlib
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import keras
import pytest

from tests.blocks import commands, lines, page_blocks, parse_command, run_elsewhere
from tests.conftest import forget_installed
from zoo.entry_points import CONTRACT, RUNTIMES, EntryPointGroup, disabled_plugins
from zoo.entry_points.contract_version import contract_problem
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog
from zoo.runs.files.run_file import read_run_file
from zoo.sweeps.files.toml_file import read_toml

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
OTHER_PAGES = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
        *(
            path
            for folder in ("benchmarks", "runtimes", "weights", "web")
            for path in ROOT.glob(f"{folder}/README.md")
        ),
        *(
            path
            for folder in ("examples", "extensions", "runtimes")
            for path in ROOT.glob(f"{folder}/*/README.md")
        ),
    ]
)
PAGES = [*DOCS, *OTHER_PAGES]
LANGUAGES = {"console", "json", "py", "python", "text", "toml", "ts"}
# their Python trains for minutes: test_docs_commands.py runs it
LONG_PYTHON = {ROOT / "README.md", ROOT / "docs" / "tour.md"}
OTHERS = {  # programs in the pages beside the zoo
    ".", "cargo", "copier", "eval", "export", "go", "java", "mkdocs", "model_signing", "mpirun", "mvn",
    "mypy", "node", "npm", "openssl", "pip", "pytest", "python", "python3", "ray", "ruff", "sbatch", "srun",
    "tensorboard", "twine", "zoo-onnxruntime",
}  # fmt: skip
MODEL = re.compile(r"[a-z][a-z-]*\.[\w-]+")
NO_MODELS = {  # that the reader makes, or that an example brings
    "cnn.digits-2", "cnn.mine", "flow.digits", "mlp.my-waves", "mlp.wine", "my-net.digits",
    "perceptron.digits", "vit.digits",
}  # fmt: skip
FILES = (
    ".csv", ".h5", ".html", ".keras", ".md", ".npy", ".npz", ".parquet", ".pem", ".png", ".pub", ".pyi",
    ".toml", ".ts",
)  # fmt: skip
INLINE = re.compile(r"(?<!`)`zoo ([^`\n]+)`(?!`)")
PLACEHOLDERS = {"COMMAND": "list", "N": "2"}  # words in capitals of commands within a sentence
INDENTED = re.compile(r"(?:\A|\n\n) {4}(?! *[-*`\d])(?P<code>\S.*)")


def ids(page: Path) -> str:
    return page.name if page in DOCS else page.relative_to(ROOT).as_posix()


def pages_with(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(b.language in languages for b in page_blocks(page))]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_block_is_run_by_a_test_or_says_why_not(page: Path) -> None:
    text = page.read_text("utf-8")
    fences = re.findall(r"^ *```(.*)$", text, re.M)
    assert len(fences) == 2 * len(page_blocks(page)), "a fence is not closed"
    assert not any(fences[1::2])
    assert INDENTED.findall(re.sub(r"^ *```.*?^ *```$", "", text, flags=re.M | re.S)) == []
    for block in page_blocks(page):
        assert block.language in LANGUAGES, f"line {block.line}: what runs {block.language!r}?"
        assert block.language != "ts" or block.note_of(), f"line {block.line}: what runs it?"
        for note in block.notes:
            assert len(note.reason) > 5, note
            assert not note.path or (ROOT / note.path).exists(), note
            begins = [line for line in lines(block.text) if line.startswith(note.start)]
            assert begins, f"line {block.line}: no command begins with {note.start}"
    for languages, path in run_elsewhere(page).items():
        assert (ROOT / path).exists(), languages


@pytest.mark.parametrize("page", pages_with("python", "py"), ids=ids)
def test_python_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_WEIGHTS", str(ROOT / "weights" / "keras_zoo_weights"))
    catalog.cache_clear()
    names: dict[str, object] = {"__name__": page.stem}
    elsewhere = run_elsewhere(page)
    for block in page_blocks(page):
        if block.language in ("python", "py"):
            code = compile(block.text, page.name, "exec")
            other = block.note_of() or block.language in elsewhere
            if not other and page not in LONG_PYTHON:
                exec(code, names)  # the docs are our own
    keras.utils.clear_session()


def read_catalog(path: Path) -> Any:
    path.rename("registry.toml")
    forget_installed()
    return catalog().names()


def read_switches(path: Path) -> Any:
    path.rename("registry.toml")
    forget_installed()
    return disabled_plugins()


def read_contract(path: Path) -> Any:
    points = tomllib.loads(path.read_text("utf-8"))["project"]["entry-points"]
    return not contract_problem(points[CONTRACT]["version"])


READERS: dict[str, Callable[[Path], Any]] = {  # what reads the TOML of a page
    "contract.md": read_contract,
    "environment.md": read_switches,
    "files.md": read_catalog,
    "runs.md": read_run_file,
    "sweeps.md": read_toml,
}


@pytest.mark.parametrize("page", pages_with("toml", "json"), ids=ids)
def test_toml_and_json_are_read_by_what_takes_them(page: Path, tmp_path: Path) -> None:
    for block in page_blocks(page):
        if block.language == "toml":
            assert tomllib.loads(block.text)
            if "toml" not in run_elsewhere(page):
                (tmp_path / "block.toml").write_text(block.text, "utf-8")
                assert READERS[page.name](tmp_path / "block.toml")
        if block.language == "json":
            assert json.loads(block.text)["files"][0]["sets"]
    forget_installed()


@pytest.mark.parametrize("page", pages_with("console"), ids=ids)
def test_commands_are_commands(page: Path) -> None:
    for block in page_blocks(page):
        for words in commands(block.text) if block.language == "console" else ():
            program = Path(words[0]).name or words[0]
            if program == "zoo":
                check_command(words[1:])
            else:
                assert program in OTHERS, words
            if program == "python" and words[1].endswith(".py"):
                assert any((at / words[1]).is_file() for at in (ROOT, page.parent)), words


@pytest.mark.parametrize(
    "page", [each for each in PAGES if INLINE.search(each.read_text())], ids=ids
)
def test_commands_within_a_sentence_are_commands(page: Path) -> None:
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.M | re.S)
    for command in INLINE.findall(text):
        (words,) = commands(f"zoo {command.partition(' > ')[0]}")
        words = [PLACEHOLDERS.get(word, word) for word in words[1:]]
        try:
            parse_command(words)
        except click.BadOptionUsage:  # an option that is named without its value
            parse_command([*words, "2"])


def test_readmes_of_programs_have_the_commands_of_the_zoo() -> None:
    for folder in ("browser", "go", "java", "node", "rust"):
        (block,) = page_blocks(ROOT / "runtimes" / folder / "README.md")
        module = importlib.import_module(f"zoo.runtimes.programs.{folder}")
        (step,) = module.PROGRAM.steps
        assert set(lines(block.text)[0].split()) <= set(step), folder


def check_command(words: list[str]) -> None:
    """Check that a command has these options, and that its models, settings and runtimes exist."""
    values = parse_command(words)
    names = [word for word in words[1:] if MODEL.fullmatch(word) and not word.endswith(FILES)]
    for name in names:
        assert name in NO_MODELS or name in catalog().names(), words
    architecture = words[1].partition(".")[0] if words[0] in ("train", "sweep") else ""
    for setting in values.get("settings") or () if architecture in registry().names() else ():
        key = setting.partition("=")[0]
        assert key in type(registry().get(architecture).defaults()).model_fields, words
    for option in ("runs_in", "runtimes"):
        for name in str(values.get(option) or "").split(","):
            known = {"", "all", "my-reference", *EntryPointGroup(RUNTIMES).names()}
            assert name in known or option == "runtimes", words


def test_a_wrong_command_is_found() -> None:
    for line in ("zoo trian cnn", "zoo train cnn.digits --sead 1", "zoo train cnn.digits --seed x"):
        with pytest.raises(Exception, match=r"no command|No such option|not a valid integer"):
            parse_command(line.split()[1:])
    with pytest.raises(AssertionError):
        check_command(["train", "cnn.digit"])
    with pytest.raises(AssertionError):
        check_command(["train", "cnn.digits", "--set", "epoch=1"])
