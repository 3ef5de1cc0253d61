"""Fetch a weights file into the user's cache: over https, resumed, verified, then renamed into place.

ZOO_WEIGHTS_URL names a mirror, `https://host/folder`, which has each file under its own name. It replaces
the address in the catalog. Plain http is allowed for a mirror on this machine alone (localhost,
127.0.0.1, ::1), where nobody can stand between.
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from filelock import FileLock

from zoo.environment import weights_mirror
from zoo.errors import UnsafeFile, UsageError, WeightsError, brief
from zoo.io.atomic import disk_errors, make_directory
from zoo.weights.archive import verify_weights
from zoo.weights.description import WeightsInfo
from zoo.weights.places import cached_file

_BLOCK = 2**18  # bytes that are read at a time
_ATTEMPTS = 3  # connections to one address; each goes on where the one before it ended
_TIMEOUT = 30  # seconds without an answer
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_BROKEN = (urllib.error.URLError, http.client.HTTPException, OSError)

Progress = Callable[[int, int], None]


def fetch_weights(name: str, info: WeightsInfo, progress: Progress | None = None) -> Path:
    """Fetch a weights file and return its path in the cache.

    A part that an earlier call fetched is kept and completed.

    Args:
        name: the model, for messages.
        info: what the catalog says about the file.
        progress: is called with the bytes that are here and the bytes of the file; by default they are
            written to the standard error of a terminal.

    Raises:
        WeightsError: there is no address, or it cannot be read.
        UnsafeFile: the file at the address is another one.
        UsageError: the mirror's address is neither https nor on this machine.
        WriteError: the disk refuses.
    """
    url = weights_url(info)
    if url is None:
        raise missing_weights(name, info, "and they have no address")
    path = cached_file(info)
    make_directory(path.parent)
    with disk_errors(path), FileLock(path.with_suffix(".lock")):
        if not path.exists():
            part = path.with_suffix(".part")
            try:
                _download(url, part, info, progress or _show_progress)
            except _BROKEN as error:
                reason = getattr(error, "reason", None) or error
                problem = f"and {url} cannot be read: {reason}{_resume_words(part)}"
                raise missing_weights(name, info, problem) from error
            try:
                verify_weights(part, info)
            except UnsafeFile as error:
                part.unlink()
                problem = str(error).partition(" It was not opened")[0]
                raise UnsafeFile(
                    f"{url} is not the file of the catalog. {problem} What was fetched is removed."
                ) from error
            os.replace(part, path)
    return path


def _resume_words(part: Path) -> str:
    """Return what is said of the bytes that are here already; empty where there are none."""
    size = part.stat().st_size if part.exists() else 0
    return (
        f". {size / 1e6:.1f} MB of it are here, and the same command fetches the rest"
        if size
        else ""
    )


def weights_url(info: WeightsInfo) -> str | None:
    """Return the address of a weights file: at the mirror if there is one, else the catalog's, or None.

    Raises:
        UsageError: the mirror's address is neither https nor on this machine.
    """
    mirror = weights_mirror()
    if mirror is None:
        return info.url
    if not _is_safe(mirror):
        raise UsageError(
            "ZOO_WEIGHTS_URL must be an address that begins with https://, or http:// with a host of this "
            f"machine. Received: {brief(mirror)}"
        )
    return f"{mirror}/{info.file}"


def missing_weights(name: str, info: WeightsInfo, reason: str) -> WeightsError:
    """Return the error that a weights file is not here: what happened, and the three ways to get it.

    Args:
        name: the model.
        info: what the catalog says about its file.
        reason: the second half of the first sentence.
    """
    return WeightsError(
        f"The weights of {name} ({info.file}) are not on this machine, {reason.rstrip('.')}.\n"
        "Install the package that has them (for models of keras-zoo: pip install ./weights in a checkout, or "
        "the wheel keras_zoo_weights-*.whl), name a folder that holds the file in ZOO_WEIGHTS, or name a "
        f"mirror in ZOO_WEIGHTS_URL. Or train the model: zoo train {name}"
    )


def _is_safe(url: str) -> bool:
    """Return whether an address is https, or http on this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _THIS_MACHINE)
    )


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow a redirect only to an address that is safe itself."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Return the request of the next address.

        Raises:
            UnsafeFile: it is not https.
        """
        if not _is_safe(newurl):
            fp.close()
            raise UnsafeFile(f"{req.full_url} leads to {newurl}, which is not https.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(url: str, part: Path, info: WeightsInfo, progress: Progress) -> None:
    """Append to `part` what it lacks; a broken connection is opened again where it ended."""
    opener = urllib.request.build_opener(_SafeRedirects)
    for attempt in range(_ATTEMPTS):
        if part.exists() and part.stat().st_size >= info.size:
            return
        try:
            _append(opener, url, part, info, progress)
        except urllib.error.HTTPError as error:
            error.close()
            raise  # the server answers: asking again gives the same answer
        except _BROKEN:
            if attempt == _ATTEMPTS - 1:
                raise
    if part.stat().st_size < info.size:
        raise OSError("the connection ends before the file does")


def _append(
    opener: urllib.request.OpenerDirector,
    url: str,
    part: Path,
    info: WeightsInfo,
    progress: Progress,
) -> None:
    """Request the bytes that `part` lacks and append them, at most those of the whole file and one."""
    done = part.stat().st_size if part.exists() else 0
    headers = {"User-Agent": "keras-zoo"} | ({"Range": f"bytes={done}-"} if done else {})
    request = urllib.request.Request(url, headers=headers)
    with opener.open(request, timeout=_TIMEOUT) as answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            done = 0  # the server sends the whole file
        with part.open("ab" if done else "wb") as file:
            while done <= info.size and (block := answer.read(min(_BLOCK, info.size + 1 - done))):
                with disk_errors(part):
                    file.write(block)
                done += len(block)
                progress(done, info.size)


def _show_progress(done: int, size: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= size else ""
        sys.stderr.write(f"\rweights: {done / 1e6:.1f} of {size / 1e6:.1f} MB{end}")
        sys.stderr.flush()
