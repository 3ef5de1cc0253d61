"""The time that each command takes to answer, or until its work begins, against `import keras`.

python benchmarks/startup.py [--before CHECKOUT] [--rounds 5] > benchmarks/results/startup.md

A command that looks something up is timed until it ends. A command that computes is timed until the first
call of the plug-in's hook that does the work: Keras is imported, the model is built, its weights are loaded.
CPU seconds are those of the process up to then, with its children's. "First" is with an empty cache of the
zoo (ZOO_CACHE), "then" the median of the rounds after it. The commands take turns. Every process writes its
own figures, and ends at once.

With --before, the same commands run on another checkout, in turns with this one.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = """
import json, os, resource, sys
def finish(*_, failed=False, **__):
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in used)
    facts = {"cpu": cpu, "modules": len(sys.modules), "keras": "keras" in sys.modules}
    facts["failed"] = failed
    with open(os.environ["FIGURES"], "w") as file:
        json.dump(facts, file)
    os._exit(0)
"""
KERAS = HEAD + "import keras; finish()"
ZOO = (
    HEAD
    + """
from zoo.cli.main import zoo
if sys.argv[1]:
    from zoo.registry.architecture import Architecture
    setattr(Architecture, sys.argv[1], finish)
try:
    zoo(sys.argv[2:], standalone_mode=False)
except Exception:
    finish(failed=True)
finish()
"""
)
COMPLETE = (
    HEAD
    + """
os.environ |= {"_ZOO_COMPLETE": "bash_complete", "COMP_WORDS": "zoo show c", "COMP_CWORD": "2"}
from zoo.cli.main import zoo
try:
    zoo(prog_name="zoo")
except SystemExit:
    finish()
"""
)
LOOKUPS = (
    "--help", "show --help", "train --help", "list", "plugins", "show cnn.digits", "show cnn.digits --json",
    "show cnn", "show runs/mine", "runs", "compare mine other",
)  # fmt: skip
WORK = {  # command: the hook that does its work
    "apply mine digit.png": "apply",
    "evaluate mine": "evaluate",
    "explain mine digit.png --out pictures": "export",
    "export mine --to onnx --out shipped": "export",
    "train cnn.digits --out new --force": "train",
}


def run_figures(code: str, words: list[str], folder: Path, env: dict[str, str]) -> dict[str, float]:
    """Run a process; return its wall and CPU seconds, its modules, and whether it imported Keras."""
    figures = folder / "figures.json"
    figures.unlink(missing_ok=True)
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env={**os.environ, **env, "FIGURES": str(figures)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return {"wall": time.perf_counter() - started, **json.loads(figures.read_text())}


def processes(checkouts: dict[str, Path], backend: str) -> dict[tuple[str, str], list[object]]:
    """Return the processes to time by checkout and command: code, words, environment."""
    env = {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    found: dict[tuple[str, str], list[object]] = {("", "import keras"): [KERAS, [], env]}
    for which, path in checkouts.items():
        own = env | {"PYTHONPATH": f"{path}:{path / 'plugins'}", "ZOO_CACHE": f"cache-{which}"}
        if backend == "tensorflow":
            found |= {
                (which, f"zoo {words}"): [ZOO, ["", *words.split()], own] for words in LOOKUPS
            }
            found[which, "shell completion"] = [COMPLETE, [], own]
        for words, hook in WORK.items():
            found[which, f"zoo {words}"] = [ZOO, [hook, *words.split()], own]
    return found


def print_table(backend: str, rounds: dict[tuple[str, str], list[dict[str, float]]]) -> None:
    base = statistics.median(each["cpu"] for each in rounds["", "import keras"][1:])
    heads = "command", "checkout", "wall first", "wall then", "CPU first", "CPU then"
    heads += "CPU then / import keras", "modules", "Keras"
    print(f"\n## {backend}\n\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for command in dict.fromkeys(command for _, command in rounds):
        for which, name in rounds:
            if name != command:
                continue
            first, *others = rounds[which, command]
            wall, cpu = (statistics.median(each[key] for each in others) for key in ("wall", "cpu"))
            keras = "yes" if others[-1]["keras"] else "no"
            if others[-1]["failed"]:
                print(
                    f"| `{command}` | {which} | there is no such command" + " |" * (len(heads) - 2)
                )
                continue
            cells = f"{first['wall']:.2f}", f"{wall:.2f}", f"{first['cpu']:.2f}", f"{cpu:.2f}"
            cells += f"{cpu / base:.2f}", f"{others[-1]['modules']:.0f}", keras
            print(f"| `{command}` | {which} | {' | '.join(cells)} |")


def prepare(folder: Path, checkout: Path) -> None:
    """Train two small runs in a folder, and draw a picture to apply them to."""
    code = (
        "import zoo; from PIL import Image; Image.new('L', (8, 8), 128).save('digit.png'); "
        "[zoo.train('cnn.digits', epochs=n, out=f'runs/{name}') for n, name in ((1, 'mine'), (2, 'other'))]"
    )
    env = {**os.environ, "PYTHONPATH": f"{checkout}:{checkout / 'plugins'}"}
    subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=env, check=True, capture_output=True
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path, help="another checkout to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backends", default="tensorflow,jax")
    options = parser.parse_args()
    checkouts = {"before": options.before.resolve()} if options.before else {}
    checkouts |= {"now": ROOT}
    print(
        f"Seconds; `then` is the median of {options.rounds} rounds, in turns. Load of the machine"
    )
    print(f"at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, options.before or ROOT)  # an old checkout cannot read new runs
        for backend in options.backends.split(","):
            for which in checkouts:
                shutil.rmtree(folder / f"cache-{which}", ignore_errors=True)
            work = processes(checkouts, backend)
            rounds: dict[tuple[str, str], list[dict[str, float]]] = {key: [] for key in work}
            for _ in range(options.rounds + 1):
                for key, (code, words, env) in work.items():
                    rounds[key].append(run_figures(code, words, folder, env))
            print_table(backend, rounds)


if __name__ == "__main__":
    main()
