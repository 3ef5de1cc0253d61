"""Signatures over an export: whoever changes, adds or removes a file cannot sign it again."""

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import zoo
from tests.conftest import Shell
from zoo.data.dataset import Dataset
from zoo.errors import ExportError, UsageError
from zoo.exporters.trust.signature import check_private_key, sign_folder, verify_signature


def make_keys(folder: Path, name: str, password: str | None = None) -> tuple[Path, Path]:
    """Write a private and a public key."""
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        protection = serialization.BestAvailableEncryption(password.encode())
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)
    )
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    return private, public


def dense() -> keras.Model:
    inputs = keras.Input((4,), name="inputs")
    return keras.Model(inputs, keras.layers.Dense(3, name="scores")(inputs))


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, Path]:
    """Return a small signed folder and the public key."""
    folder = tmp_path / "export"
    (folder / "part").mkdir(parents=True)
    (folder / "report.json").write_text("{}")
    (folder / "part" / "weights").write_bytes(b"12")
    private, public = make_keys(tmp_path, "own")
    sign_folder(folder, private)
    return folder, public


CHANGES: dict[str, Callable[[Path], object]] = {
    "changed": lambda folder: (folder / "part" / "weights").write_bytes(b"13"),
    "added": lambda folder: (folder / "part" / "more").touch(),
    "added and hidden": lambda folder: (folder / ".gitignore").touch(),
    "removed": lambda folder: (folder / "part" / "weights").unlink(),
    "renamed": lambda folder: (folder / "part").rename(folder / "parts"),
    "signature removed": lambda folder: (folder / "model.sig").unlink(),
    "signature broken": lambda folder: (folder / "model.sig").write_text("[]"),
    "signature without content": lambda folder: (folder / "model.sig").write_text("{}"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_no_change_passes(name: str, signed: tuple[Path, Path]) -> None:
    folder, public = signed
    verify_signature(folder, public)
    CHANGES[name](folder)
    with pytest.raises(ExportError, match=r"is not signed|does not fit"):
        verify_signature(folder, public)


@pytest.mark.parametrize(
    "text", ["[]", "{}", "[" * 100_000, '"x"', "", '{"verificationMaterial": {}}']
)
def test_what_is_no_signature_is_told(text: str, signed: tuple[Path, Path]) -> None:
    (signed[0] / "model.sig").write_text(text)
    with pytest.raises(ExportError, match=r"model\.sig is broken, or no signature") as caught:
        verify_signature(*signed)
    assert len(str(caught.value)) < 600


def test_a_signature_of_8_gigabytes_is_not_read(signed: tuple[Path, Path]) -> None:
    os.truncate(signed[0] / "model.sig", 2**33)
    with pytest.raises(zoo.UnsafeFile, match="text file"):
        verify_signature(*signed)


def test_another_key_does_not_pass(signed: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="does not fit"):
        verify_signature(signed[0], make_keys(tmp_path, "other")[1])


def test_a_folder_may_be_moved(signed: tuple[Path, Path], tmp_path: Path) -> None:
    verify_signature(signed[0].rename(tmp_path / "elsewhere"), signed[1])


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    private, public = make_keys(tmp_path, "own")
    for key in (public, tmp_path / "nowhere", tmp_path):
        with pytest.raises(UsageError, match="no private key"):
            check_private_key(key)
    with pytest.raises(UsageError, match="no public key"):
        verify_signature(tmp_path, private)


def test_a_key_may_have_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private, _ = make_keys(tmp_path, "own", "secret")
    with pytest.raises(UsageError, match="no private key"):
        check_private_key(private)
    monkeypatch.setenv("ZOO_KEY_PASSWORD", "secret")
    check_private_key(private)


def test_export_signs_and_verify_asks_for_the_signature(tmp_path: Path, shell: Shell) -> None:
    private, public = make_keys(tmp_path, "own")
    dense().save("one.keras")
    code, _, message = shell("export", "one.keras", "--to", "onnx", "--out", "x", "--sign", private)
    assert code == 0, message
    assert shell("verify", "x", "--key", public)[0] == 0
    assert zoo.verify("x", key=public).ok
    zoo.export(dense(), ["onnx"], out="x")  # a signed export is replaced as any other
    code, _, message = shell("verify", "x", "--key", public)
    assert (code, "is not signed" in message) == (1, True)


def test_a_training_signs_its_export(tmp_path: Path, shell: Shell, tiny: Dataset) -> None:
    private, public = make_keys(tmp_path, "own")
    np.savez("tiny.npz", x=tiny.train.inputs, y=tiny.train.targets)
    words = ("train", "mlp", "--data", "tiny.npz", "--set", "epochs=1", "--out", "run")
    code, _, message = shell(*words, "--sign", private)
    assert (code, "--export FORMATS" in message) == (2, True)
    code, _, message = shell(*words, "--export", "onnx", "--sign", public)
    assert (code, "is no private key" in message) == (2, True)
    assert not Path("run").exists()
    code, _, message = shell(*words, "--export", "onnx", "--sign", private)
    assert code == 0, message
    assert zoo.verify("run/export", key=public).ok
