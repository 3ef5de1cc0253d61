"""Every block of code in docs/: Python runs, TOML is read, and each command is one with these options."""

import re
import tomllib
from pathlib import Path

import keras
import pytest

from tests.blocks import blocks, commands, parse_command
from zoo.entry_points import RUNTIMES, EntryPointGroup
from zoo.registry.architectures import registry
from zoo.registry.catalog import catalog

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
ELSEWHERE = {  # whose Python is tested by other tests, or is a part of a file
    "pages.md": "tests/pages",
    "writing-a-plugin.md": "tests/test_docs.py",
    "writing-a-dataset.md": "tests/scaffold/test_templates.py",
    "writing-a-format.md": "tests/scaffold/test_templates.py",
    "writing-a-runtime.md": "tests/scaffold/test_templates.py",
    "writing-an-extension.md": "tests/scaffold/test_templates.py",
}
LANGUAGES = {"console", "py", "python", "text", "toml", "ts"}
OTHERS = {  # programs in the pages beside the zoo
    ".", "eval", "mkdocs", "model_signing", "npm", "openssl", "pip", "python", "python3", "pytest", "srun",
    "mpirun", "sbatch", "ray",
}  # fmt: skip
MODEL = re.compile(r"[a-z][a-z-]*\.[\w-]+")
NO_MODELS = {"cnn.mine", "mlp.my-waves"}  # that the reader makes
FILES = (
    ".png",
    ".keras",
    ".h5",
    ".npz",
    ".npy",
    ".html",
    ".pem",
    ".pub",
    ".ts",
    ".csv",
    ".toml",
    ".md",
)


def ids(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_block_has_a_language_that_is_tested(page: Path) -> None:
    fences = re.findall(r"^ *```(.*)$", page.read_text("utf-8"), re.M)
    assert set(fences[::2]) <= LANGUAGES
    assert not any(fences[1::2])


@pytest.mark.parametrize("page", [each for each in PAGES if blocks(each, "toml")], ids=ids)
def test_toml_is_read(page: Path) -> None:
    for text in blocks(page, "toml"):
        assert tomllib.loads(text)


@pytest.mark.parametrize("page", [each for each in PAGES if blocks(each, "python", "py")], ids=ids)
def test_python_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_WEIGHTS", str(ROOT / "weights" / "keras_zoo_weights"))
    catalog.cache_clear()
    names: dict[str, object] = {"__name__": page.stem}
    for text in blocks(page, "python", "py"):
        code = compile(text, page.name, "exec")
        if page.name not in ELSEWHERE:
            exec(code, names)  # the docs are our own
    keras.utils.clear_session()


@pytest.mark.parametrize("page", [each for each in PAGES if blocks(each, "console")], ids=ids)
def test_commands_are_commands(page: Path) -> None:
    for text in blocks(page, "console"):
        for words in commands(text):
            program = Path(words[0]).name or words[0]
            if program == "zoo":
                check_command(words[1:])
            else:
                assert program in OTHERS, words
            if program == "python" and words[1].endswith(".py"):
                assert (ROOT / words[1]).is_file(), words


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
