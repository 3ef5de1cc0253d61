"""The commands of every page run, in their order: `pytest -m long tests/test_docs_commands.py`.

A training is made shorter by options behind the command. `pip install` of a folder installs it without its
dependencies into a folder of the test; of keras-zoo[NAME], the extra must exist. What cannot be run says so
in a comment on the page: tests/blocks.py.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import zoo
from tests import readme_desk
from tests.blocks import blocks, page_blocks, run_elsewhere
from tests.test_docs_blocks import LONG_PYTHON, PAGES, ids

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
ROOT = Path(__file__).parents[1]
WEIGHTS = ROOT / "weights" / "keras_zoo_weights"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
KINDS = {
    "architecture": "my-net",
    "dataset": "my-waves",
    "format": "my-npz",
    "runtime": "my-reference",
    "extension": "my-clock",
}
STOPPED = "python stop.py"  # leaves a run that was stopped in its first epoch
PERCEPTRON = "pip install ./zoo-perceptron && zoo train perceptron.digits"
BEFORE = {  # what has to happen before a command, and does not stand on the page
    "zoo train mlp.digits --resume": f"{STOPPED} mlp.digits",
    "zoo train cnn.mnist --out runs/cnn.mnist --resume": f"rm -rf runs/cnn.mnist && {STOPPED} cnn.mnist",
    "zoo pack runs/my-net.digits": "zoo train my-net.digits --force",  # as its catalog entry says
    "zoo list 'my-net.*'": "pip install zoo-my-net",  # here it is no editable installation
    "zoo pack runs/perceptron.digits": f"{PERCEPTRON} && cp -r zoo-perceptron/zoo_perceptron .",
    "zoo pack runs/cnn.digits": "zoo train cnn.digits && cp $ROOT/registry.toml .",
    "ZOO_LIMITS=": "zoo export cnn.digits --to onnx --out large",
}
STOP = """
import sys
import zoo
from zoo.runs.progress import Progress

class Stop(Progress):
    def epoch(self, epoch, logs):
        raise KeyboardInterrupt

try:
    zoo.train(sys.argv[1], epochs=2, progress=Stop())
except KeyboardInterrupt:
    pass
"""


def short(command: str) -> str:
    """Return a command with few epochs and few trials; installations become offline ones."""
    command = re.sub(r"--set epochs=\d+", "--set epochs=3", command)
    if re.match(r"([A-Z_]+=\S+ )*zoo train", command) and not re.search(
        "--resume|epochs=", command
    ):
        command += " --set epochs=1"
    if command.startswith("zoo sweep") and "--show" not in command:
        trials = "3" if "--resume" in command else "2"
        command = re.sub(r" --trials \d+", "", command) + f" --trials {trials}"
    command = command.replace("python -m build", "python -m build --no-isolation")
    return installation(command)


def installation(command: str) -> str:
    """Return an installation of folders into a folder of the test; check the extras of the others.

    Any other command comes back as it is.
    """
    first, *others = command.split(" && ")
    if not first.startswith("pip install"):
        return command
    folders = []
    for word in shlex.split(first)[2:]:
        if extras := re.fullmatch(r"keras-zoo\[(.*)\]", word):
            assert set(extras[1].split(",")) <= PROJECT["optional-dependencies"].keys(), command
        elif word != "-e":
            folder = word.partition("[")[0]
            folders.append(folder if "/" in folder else f"./{folder}")
    options = "--quiet --no-deps --no-build-isolation --upgrade --target $SITE"
    install = f"pip install {options} {' '.join(folders)}" if folders else "true"
    return " && ".join([install, *others])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything that the pages name and do not make."""
    desk = tmp_path_factory.mktemp("desk")
    readme_desk.set_up(desk)
    readme_desk.write_model_and_key(desk)
    (desk / "stop.py").write_text(STOP)
    (desk / "my_package").mkdir()
    (desk / "my_package" / "files.py").write_text("def load(path):\n    raise ValueError(path)\n")
    for folder in ("examples", "extensions"):
        shutil.copytree(ROOT / folder, desk / folder)
    shutil.copytree(ROOT / "examples" / "zoo-perceptron", desk / "zoo-perceptron")
    np.savez(desk / "table.npz", x=np.eye(40, 5, dtype="float32"), y=np.arange(40, dtype="float32"))
    zoo.train("cnn", data="digits", filters=[4], epochs=1, out=desk / "runs" / "mine")
    return desk


@pytest.fixture
def desk(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "desk"))


def run_commands(commands: list[str], folder: Path, site: Path) -> list[str]:
    """Run commands in one shell, and return those that fail, each with the end of what it printed."""
    script = []
    for number, command in enumerate(commands):
        before = next((BEFORE[each] for each in BEFORE if command.startswith(each)), "true")
        script.append(f"{{ {installation(before)}; }} >{site}/{number}.out 2>&1")
        script.append(
            f"{{ {short(command)}; }} >>{site}/{number}.out 2>&1 || echo {number} >>{site}/failed"
        )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": f"{site}{os.pathsep}{folder}",  # and my_package
        "SITE": str(site),
        "ROOT": str(ROOT),
        "ZOO_WEIGHTS": str(WEIGHTS),
    }
    site.mkdir(exist_ok=True)
    (site / "failed").write_text("")
    subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, env=environment, check=False)
    failed = [int(number) for number in (site / "failed").read_text().split()]
    return [f"{commands[at]}\n{(site / f'{at}.out').read_text()[-1500:]}" for at in failed]


def commands_of(page: Path) -> list[str]:
    if "console" in run_elsewhere(page):
        return []
    return [
        line
        for block in page_blocks(page)
        if block.language == "console"
        for line in block.run_here()
    ]


@pytest.mark.parametrize("page", [page for page in PAGES if commands_of(page)], ids=ids)
def test_the_commands_of_a_page_run(page: Path, desk: Path, tmp_path: Path) -> None:
    failed = run_commands(commands_of(page), desk, tmp_path / "site")
    assert not failed, "\n\n".join(failed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_of_a_new_plugins_readme_run(kind: str, desk: Path, tmp_path: Path) -> None:
    words = ["zoo", "new", kind, KINDS[kind], "--license", "MIT", "--author", "Ada"]
    subprocess.run([Path(sys.executable).with_name(words[0]), *words[1:]], cwd=desk, check=True)
    project = desk / f"zoo-{KINDS[kind]}"
    failed = run_commands(commands_of(project / "README.md"), project, tmp_path / "site")
    assert not failed, "\n\n".join(failed)


@pytest.mark.parametrize("page", sorted(LONG_PYTHON), ids=ids)
def test_the_python_of_a_page_runs(page: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    monkeypatch.setenv("ZOO_WEIGHTS", str(WEIGHTS))
    names: dict[str, object] = {"__name__": page.stem}
    for code in blocks(page, "python"):
        exec(code, names)  # the docs are our own
