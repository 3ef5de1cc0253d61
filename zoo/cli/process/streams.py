"""Standard streams that never raise: a reader that has gone, or a full disk, does not stop a command.

A training goes on when nobody reads its progress. What was lost is known at the end: a reader that closed
its pipe has all that it wants, and any other error is an error of the command.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

_lost: list[OSError] = []


class _Forgiving(io.FileIO):
    """A file that remembers an error of writing, and writes nothing from then on."""

    _is_broken = False

    def write(self, content: Any, /) -> int:
        """Write bytes; return their number, also where they are lost."""
        size = memoryview(content).nbytes
        if self._is_broken:
            return size
        try:
            return super().write(content)
        except OSError as error:
            self._is_broken = True
            if not isinstance(error, BrokenPipeError) and self.fileno() != 2:
                _lost.append(error)
            return size


class _Unbuffered(_Forgiving):
    """A file without a buffer over it; it writes the rest itself where the system took only a part."""

    def write(self, content: Any, /) -> int:
        """Write bytes; return their number, also where they are lost."""
        rest, size = memoryview(content).cast("B"), 0
        while size < rest.nbytes and (part := super().write(rest[size:])):
            size += part
        return size


def open_forgiving(descriptor: int, like: TextIO) -> TextIO:
    """Open a descriptor for text; what cannot be written is lost, and no error is raised.

    Args:
        descriptor: it is closed with the stream, unless it is a standard stream's.
        like: a stream with the same encoding and errors. Where it writes at once, as with `python -u` and
            PYTHONUNBUFFERED, so does the new one.
    """
    at_once = bool(getattr(like, "write_through", False))
    raw = (_Unbuffered if at_once else _Forgiving)(descriptor, "w", closefd=descriptor > 2)
    buffer: Any = raw if at_once else io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffer,
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=descriptor == 2 or raw.isatty(),
        write_through=at_once,
    )


def make_streams_forgiving() -> None:
    """Open closed standard streams on the null device; the others discard what they cannot write.

    A closed descriptor would be given to the next file that is opened, and prints would go into it.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        _open_where_closed(descriptor, name)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        with suppress(
            OSError, ValueError, AttributeError
        ):  # a test or a notebook has its own stream
            is_ours = stream.fileno() == descriptor and isinstance(stream, io.TextIOWrapper)
            # the console of Windows takes its own characters, not bytes
            if is_ours and not (sys.platform == "win32" and stream.isatty()):
                stream.flush()
                setattr(sys, name, open_forgiving(descriptor, stream))


def _open_where_closed(descriptor: int, name: str) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
    if getattr(sys, name) is None:
        mode = "r" if descriptor == 0 else "w"
        setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def flush_streams() -> OSError | None:
    """Write what is waiting; return the first error of this process' output, or None."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    return _lost[0] if _lost else None
