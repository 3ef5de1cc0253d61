"""Run the benchmarks of training and inference with short settings, on an idle machine.

    python benchmarks/run_all.py                # at most about 30 minutes; writes benchmarks/results/*.md
    python benchmarks/run_all.py --minutes 60   # more of them: also with AVX-512
    python benchmarks/run_all.py --peers ../bench-venv/bin/python --out /tmp

Each file begins with the command that made it. The benchmarks with marks come first; what is not begun when
the time is over is left out, and named.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAST_JOB_SECONDS = 150  # a job that begins so long before the end is still in time
MARKED = ("cnn", "dcgan", "mlp", "vae", "autoencoder-conv", "deblur", "vis")
JOBS = [
    *(("training", task, ["--avx2"]) for task in MARKED),
    *(("inference", network, []) for network in ("cnn", "mlp", "encoder", "decoder", "deblur")),
    *(("training", task, []) for task in MARKED),
    *(("training", task, []) for task in ("cnn-series", "cnn-volumes", "autoencoder-simple")),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30, help="after which nothing is begun")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--peers", help="interpreter that has what requirements.txt lists")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes - LAST_JOB_SECONDS
    begun: set[Path] = set()
    for script, subject, flags in JOBS:
        name = f"{script}{'-avx2' if '--avx2' in flags else ''}"
        if time.monotonic() > end:
            print(f"not run: {name} {subject}", flush=True)
            continue
        arguments = [*flags, "--rounds", "3" if script == "training" else "5"]
        arguments += ["--scale", "0.5"] if script == "training" else []
        file = options.out / f"{name}.md"
        command = [sys.executable, str(HERE / f"{script}.py"), subject, *arguments]
        command += ["--peers", options.peers] if options.peers else []
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        with file.open("a" if file in begun else "w") as stream:
            shown = f"`python benchmarks/{script}.py {subject} {' '.join(arguments)}`"
            stream.write(f"{shown}\n\n{done.stdout}")
        begun.add(file)
        print(f"{'done' if done.returncode == 0 else 'FAILED'}: {name} {subject}", flush=True)


if __name__ == "__main__":
    main()
