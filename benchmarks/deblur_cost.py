"""What the generator of deblur-gan.photos costs at 1920 x 1080, against the one of residual blocks.

    python benchmarks/deblur_cost.py [--rounds 5]

Both generators are untrained, since the cost does not depend on the weights, and are exported to ONNX. ONNX
Runtime restores the photograph on two threads, each generator in a process of its own, in turns. The memory
is the peak of a process that restores one photograph.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from deblur import peak_memory, read_photograph
from turns import Turns, Way, describe_machine, measure, medians, run_child


def open_session(file: str) -> tuple[Any, str]:
    """Return ONNX Runtime on two threads and the name of the input."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return session, session.get_inputs()[0].name


def restore_in_turns(file: str, turns: Turns) -> None:
    """Restore the photograph once a turn."""
    session, name = open_session(file)
    image = read_photograph(None)
    while True:
        turns.begin_epoch()
        session.run(None, {name: image})


def restore_once(file: str) -> None:
    """Restore the photograph, and print the peak of memory in GiB."""
    session, name = open_session(file)
    session.run(None, {name: read_photograph(None)})
    print(peak_memory())


def export_generators(folder: Path) -> dict[str, str]:
    """Export both generators; return the file of each."""
    from zoo_deblur_gan.config import Config
    from zoo_deblur_gan.networks import generator

    import zoo
    from zoo.registry.catalog import catalog

    now = catalog().get("deblur-gan.photos").settings
    files = {}
    for title, settings in {"residual blocks": {}, "blocks of NAFNet": now}.items():
        network = generator(Config(input_shape=(160, 160, 3), **settings))
        report = zoo.export(network, ["onnx"], out=folder / title.replace(" ", "-"))
        files[title] = str(report["model", "onnx"].path)
    return files


def print_costs(files: dict[str, str], rounds: int, folder: Path) -> None:
    """Print the seconds and the memory of each generator, and the ratio to the first one's seconds."""
    script = [sys.executable, str(Path(__file__).resolve())]
    ways = [Way(title, [*script, "--turns", file]) for title, file in files.items()]
    measure(ways, rounds, folder)
    first = medians(ways[0])[0]
    print(
        "| generator | seconds, median | ratio | size of the file | peak memory |\n|---|---|---|---|---|"
    )
    for way in ways:
        file, seconds = files[way.name], medians(way)[0]
        once = subprocess.run([*script, "--once", file], capture_output=True, text=True, check=True)
        size = Path(file).stat().st_size / 2**20
        print(
            f"| {way.name} | {seconds:.2f} | {seconds / first:.2f} | {size:.1f} MiB "
            f"| {float(once.stdout):.2f} GiB |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turns", help=argparse.SUPPRESS)
    parser.add_argument("--once", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.turns:
        return run_child(lambda turns: restore_in_turns(options.turns, turns), options.rounds + 2)
    if options.once:
        return restore_once(options.once)
    print(
        f"`python benchmarks/deblur_cost.py --rounds {options.rounds}`\n\n{describe_machine(False)}\n"
    )
    with tempfile.TemporaryDirectory() as temporary:
        print_costs(export_generators(Path(temporary)), options.rounds, Path(temporary))


if __name__ == "__main__":
    main()
