"""Write the pages that the browser's tests open: python web/tests/make_site.py FOLDER

FOLDER/site has the index and a page for each model, FOLDER/one.html is one file, and FOLDER/photographs is
for the page that restores some. Models whose data is not on this machine are left out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault(
    "ZOO_WEIGHTS", str(Path(__file__).parents[2] / "weights" / "keras_zoo_weights")
)

from make_photographs import main as write_photographs

import zoo

OFFLINE = (
    "cnn.digits",
    "mlp.diabetes",
    "vae.digits-3d",
    "dcgan.digits",
    "novelty-gan.digits",
    "deblur-gan.photos",
)
WITH_DATA = ("cnn.mnist", "cnn.gunpoint")  # these need ZOO_DATA


def main() -> None:
    """Write the pages."""
    folder = Path(sys.argv[1])
    units = folder / "runs" / "cnn-vis.digits"
    zoo.train("cnn-vis.digits", out=units, epochs=1, steps_per_epoch=8)
    names = [*OFFLINE, *(WITH_DATA if "ZOO_DATA" in os.environ else ()), units]
    zoo.page(*names, out=folder / "site", progress=lambda name: print(f"  {name}", flush=True))
    zoo.page("cnn.digits", out=folder / "one.html", one_file=True)
    write_photographs(folder / "photographs")


if __name__ == "__main__":
    main()
