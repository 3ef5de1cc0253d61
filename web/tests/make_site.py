"""Write the pages that the browser's tests open: python web/tests/make_site.py FOLDER [MODEL...]

FOLDER/site has the index and a page for each model, FOLDER/files has one HTML file for each view,
FOLDER/photographs is for the page that restores some, and FOLDER/gallery.html is what `zoo gallery` writes.
The site has more MODELs where some are named. Models whose data is not on this machine are left out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault(
    "ZOO_WEIGHTS", str(Path(__file__).parents[2] / "weights" / "keras_zoo_weights")
)

import numpy as np
from make_photographs import main as write_photographs

import zoo
from zoo.interpret.gallery_html import Gallery, write_page
from zoo.interpret.layer_gallery import ChannelGallery, LayerGallery
from zoo.interpret.networks import LayerInfo

UNITS = "cnn-vis.digits"
STRANGER = "Fremdes Netz <b> 猫.keras"
OFFLINE = {  # the view of each
    "cnn.digits": "classifier",
    "mlp.diabetes": "plain",
    "vae.digits-3d": "latent",
    "dcgan.digits": "samples",
    "novelty-gan.digits": "novelty",
    "deblur-gan.photos": "restore",
}
WITH_DATA = ("cnn.mnist", "cnn.gunpoint")  # these need ZOO_DATA


def write_stranger(path: Path) -> Path:
    """Write a .keras file that no plug-in built: two inputs, images of any size, and two outputs."""
    import keras

    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3), name="image")
    scale = keras.Input((1,), name="scale")
    features = keras.layers.Conv2D(3, 3, padding="same", activation="sigmoid")(image)
    means = keras.layers.GlobalAveragePooling2D(name="means")(features)
    outputs = [features, keras.layers.Multiply()([means, scale])]
    keras.Model([image, scale], outputs).save(path)
    return path


def write_gallery(path: Path) -> None:
    """Write a gallery of random images, without a network."""
    chance = np.random.default_rng(0)

    def channel(index: int) -> ChannelGallery:
        made, real = chance.random((8, 8, 1)), chance.random((9, 8, 8, 1))
        return ChannelGallery(index, made, 1.5 + index, 1.0, real, "猫 in 7 of 9", index == 3)

    layers = tuple(
        LayerGallery(LayerInfo(name, "Conv2D", (8, 8, 4), 40), "", tuple(map(channel, range(4))))
        for name in ("conv_1", "block/ü <b>", "conv 3")
    )
    facts = ("cnn.digits", "zoo gallery cnn.digits", "cnn", "0" * 64, "digits", 360, 8, 0)
    write_page(Gallery(*facts, layers), path)


def main() -> None:
    """Write everything."""
    folder = Path(sys.argv[1])
    units = folder / "runs" / UNITS
    zoo.train(UNITS, out=units, epochs=1, steps_per_epoch=8)
    names = [*OFFLINE, *(WITH_DATA if "ZOO_DATA" in os.environ else ()), *sys.argv[2:]]
    stranger = write_stranger(folder / "runs" / STRANGER)
    zoo.page(
        *dict.fromkeys(names),
        units,
        stranger,
        out=folder / "site",
        progress=lambda name: print(f"  {name}", flush=True),
    )
    for source, view in (*OFFLINE.items(), (units, "gallery")):
        zoo.page(source, out=folder / "files" / f"{view}.html", one_file=True)
    write_photographs(folder / "photographs")
    write_gallery(folder / "gallery.html")


if __name__ == "__main__":
    main()
