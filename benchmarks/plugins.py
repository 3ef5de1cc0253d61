"""`zoo list` and `zoo plugins` with 300 plug-ins of other packages, one of them broken, against none.

python benchmarks/plugins.py [--rounds 9] > benchmarks/results/plugins.md

Each made-up package has metadata, a module that must not be imported, and a registry.toml with one model. The
commands take turns; a figure is the median of the processor time of a new process. Exit status 1: a ratio is
above the limit.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

COUNT, LIMIT = 300, 1.5
COMMANDS = ("list", "plugins")
CATALOG = """[{name}.digits]
summary = "Model number {at}"
dataset = "digits"
tags = ["image", "offline"]
settings = {{ epochs = 60, batch_size = 32 }}
results = {{ accuracy = 0.9667 }}
measured = "zoo train {name}.digits"
"""


def make_packages(site: Path) -> None:
    for at in range(COUNT):
        name, module = f"made-{at}", f"zoo_made_{at}"
        (site / module).mkdir(parents=True)
        (site / module / "__init__.py").write_text("raise SystemExit('it was imported')\n")
        (site / module / "registry.toml").write_text(CATALOG.format(name=name, at=at))
        about = site / f"{module}-1.0.dist-info"
        about.mkdir()
        metadata = (
            f"Metadata-Version: 2.4\nName: zoo-{name}\nVersion: 1.0\n\n{'A readme. ' * 200}\n"
        )
        (about / "METADATA").write_text(metadata)
        points = f"[zoo.contract]\nversion = v1\n\n[zoo.architectures]\n{name} = {module}\n"
        (about / "entry_points.txt").write_text(points)
    (site / "zoo_made_0" / "registry.toml").write_text("[broken")


def seconds(command: str, site: Path | None, cache: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "ZOO_CACHE": cache, **({"PYTHONPATH": str(site)} if site else {})}
    done = subprocess.run(
        [sys.executable, "-m", "zoo", command],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ("made-299" in done.stdout) == (site is not None)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int) -> int:
    worst = 0.0
    print(f"# {COUNT} plug-ins of other packages, one broken\n")
    print("| command | without | with | ratio |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as cache:
        make_packages(Path(folder))
        for command in COMMANDS:
            figures: dict[bool, list[float]] = {False: [], True: []}
            for turn in range(rounds + 1):
                for has in (False, True):
                    used = seconds(command, Path(folder) if has else None, cache)
                    if turn:  # the first turn fills the zoo's cache, and that of the disk
                        figures[has].append(used)
            without, with_them = (statistics.median(figures[has]) for has in (False, True))
            worst = max(worst, with_them / without)
            print(
                f"| zoo {command} | {without:.3f} s | {with_them:.3f} s "
                f"| {with_them / without:.2f} |"
            )
    return int(worst > LIMIT)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    sys.exit(main(parser.parse_args().rounds))
