"""Signatures over a whole export, in the OpenSSF format for models (package `model-signing`).

A digest in report.json tells that a file has changed; but who changes the file can change the digest, too.
A signature tells who wrote the export: it is made with a private key, and verified with the public one. The
keys are of an elliptic curve, in PEM files. `model_signing verify key` reads the signatures, too.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from zoo.environment import key_password
from zoo.errors import ExportError, UsageError, format_error
from zoo.io.text import read_bytes

SIGNATURE = "model.sig"
"""The name of the signature's file in the folder. It covers every other file."""

_REFUSE = ("model_signing", "cryptography")  # whose own errors say what does not fit


def check_private_key(key: Path) -> None:
    """Refuse a key that cannot sign, before anything long begins.

    Raises:
        UsageError: it is no private key, or the package is not installed.
    """
    _signer(key)


def sign_folder(folder: Path, key: Path) -> None:
    """Sign all files of a folder, and write the signature into it.

    Args:
        folder: of an export; nothing in it may change afterwards.
        key: the PEM file of a private key; ZOO_KEY_PASSWORD is its password, if it has one.

    Raises:
        UsageError: it is no private key, or the package is not installed.
    """
    signer = _signer(key).set_hashing_config(_hashing())
    signer.sign(folder, folder / SIGNATURE)


def verify_signature(folder: Path, key: Path) -> None:
    """Refuse a folder that is not signed with a key, or was changed since.

    Args:
        folder: of an export. Its files are read, and none of them is opened as a model.
        key: the PEM file of the public key.

    Raises:
        UsageError: it is no public key, or the package is not installed.
        ExportError: the folder has no signature, or another one; or files were changed, added or removed.
        UnsafeFile: the signature is too large.
    """
    verifying = _package("verifying")
    try:
        verifier = verifying.Config().use_elliptic_key_verifier(public_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{key} is no public key in a PEM file: {format_error(error)}.") from error
    if not (folder / SIGNATURE).is_file():
        raise ExportError(f"{folder} is not signed: it holds no {SIGNATURE}.")
    read_bytes(folder / SIGNATURE, "text_bytes", folder)  # the package reads any size
    try:
        verifier.set_hashing_config(_hashing()).verify(folder, folder / SIGNATURE)
    except Exception as error:  # the package raises whatever its own packages raise
        reason = re.sub(r": Expected 'Digest.*?'\)'", "", str(error)).rstrip(".")[:400]
        if type(error) is not ValueError and not type(error).__module__.startswith(_REFUSE):
            reason = f"{SIGNATURE} is broken, or no signature ({format_error(error)[:200]})"
        raise ExportError(
            f"The signature of {folder} does not fit {key}: {reason}. No file was run."
        ) from error


def _signer(key: Path) -> Any:
    signing = _package("signing")
    try:
        password: Any = key_password()  # the package hands it on to one that takes bytes
        password = password.encode() if password else None
        return signing.Config().use_elliptic_key_signer(private_key=key, password=password)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(
            f"{key} is no private key in a PEM file: {format_error(error)}. One is made with: "
            "openssl ecparam -name prime256v1 -genkey -noout -out key.pem"
        ) from error


def _hashing() -> Any:
    """Return the settings of digests: every file but the signature counts, and links are refused."""
    hashing = _package("hashing")
    config = hashing.Config().use_file_serialization(allow_symlinks=False)
    return config.set_ignored_paths(paths=[SIGNATURE], ignore_git_paths=False)


def _package(module: str) -> Any:
    try:
        import model_signing
    except ImportError as error:
        raise UsageError(
            "Signatures need the package model-signing: pip install 'keras-zoo[sign]'"
        ) from error
    return getattr(model_signing, module)
