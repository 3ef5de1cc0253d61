"""The commands of README.md and docs/tour.md, and a desk with the files that they name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from zoo.data.load import open_dataset

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "docs" / "tour.md")
MODELS = ROOT / "docs" / "models.md"
COMMENT = re.compile(r"\s+#\s.*$")


def commands() -> list[str]:
    """Return the commands of the console blocks as written, without comments and `.venv/bin/`."""
    lines = [
        line
        for page in PAGES
        for block in re.findall(r"^```console\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
        for line in block.splitlines()
    ]
    return list(
        dict.fromkeys(COMMENT.sub("", line).replace(".venv/bin/zoo", "zoo") for line in lines)
    )


def table_commands() -> list[str]:
    """Return the commands of the table of models."""
    return re.findall(r"^\| .* \| `(zoo train [\w.-]+)` \|$", MODELS.read_text("utf-8"), re.M)


def set_up(desk: Path) -> None:
    """Write the files that the README's commands name into an empty folder."""
    digits = open_dataset("digits").test
    shutil.copy(ROOT / "docs" / "pictures" / "seven.png", desk)
    (desk / "run.toml").write_text('model = "mlp.digits"\n[settings]\nunits = [4]\nepochs = 1\n')
    for name, at in (
        ("three", 3),
        ("eight", 8),
        ("noisy", 5),
        ("scan", 6),
        ("scans/a", 1),
        ("scans/b", 2),
    ):
        _save(desk / f"{name}.png", (255 * digits.inputs[at]).astype(np.uint8).squeeze())
    np.save(desk / "latents.npy", np.random.default_rng(0).normal(size=(4, 32)).astype("float32"))
    _write_folders(desk)
    _write_series(desk / "Mine_TRAIN.ts")


def write_model_and_key(desk: Path) -> None:
    """Write a network of somebody else, and a private key that signs exports."""
    import keras
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    pem = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (desk / "key.pem").write_bytes(key.private_bytes(*pem))
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(desk / "somebody.keras")


def _write_folders(desk: Path) -> None:
    random = np.random.default_rng(0)
    for folder, classes, count in (
        ("photos", ("cat", "dog"), 24),
        ("mine", ("a", "b"), 24),
        ("parts", ("good", "bent"), 40),
        ("rare", ("often", "seldom"), 24),
    ):
        for at, name in enumerate(classes):
            for number in range(6 if name == "seldom" else count):
                pixels = random.normal(90 + 60 * at, 25, (20 + number, 24, 3)).clip(0, 255)
                _save(desk / folder / name / f"{number}.png", pixels.astype(np.uint8))
    for part, count in (("train", 12), ("test", 3)):
        for number in range(count):
            sharp = Image.fromarray(random.integers(0, 255, (40, 40, 3)).astype(np.uint8)).resize(
                (160, 160)
            )
            for kind, image in (("sharp", sharp), ("blur", sharp.filter(ImageFilter.BoxBlur(3)))):
                _save(desk / "GOPRO" / part / "scene" / kind / f"{number}.png", np.asarray(image))
    _save(desk / "holiday" / "beach.jpg", random.integers(0, 255, (64, 80, 3)).astype(np.uint8))


def _write_series(path: Path) -> None:
    time, random = np.linspace(0, 6, 40), np.random.default_rng(0)
    rows = [
        ",".join(
            f"{value:.4f}" for value in np.sin(time * (1 + at % 2)) + random.normal(0, 0.1, 40)
        )
        + f":{at % 2}"
        for at in range(40)
    ]
    path.write_text(
        "@problemName mine\n@classLabel true 0 1\n@data\n" + "\n".join(rows) + "\n", "utf-8"
    )


def _save(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
