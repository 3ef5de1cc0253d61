"""Files with the name of an image that are bombs, other formats, broken, or no file at all."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from zoo.testing.hostile.case import HostileCase, Writer

__all__ = ["cases"]

_SUFFIXES = {"png": "PNG", "jpg": "JPEG", "bmp": "BMP", "gif": "GIF", "tif": "TIFF", "webp": "WEBP"}
_FOREIGN = ("EPS", "ICO", "PCX", "PPM", "TGA", "SGI", "XBM", "DIB", "PDF", "ICNS")


def cases() -> Iterator[HostileCase]:
    """Yield the cases."""
    for name, (file, writer) in _writers():
        yield HostileCase("image", name, file, writer)


def _writers() -> Iterator[tuple[str, tuple[str, Writer]]]:
    for suffix, kind in _SUFFIXES.items():
        file, whole = f"item.{suffix}", _encode(kind)
        yield f"half of a .{suffix}", (file, _bytes(whole[: len(whole) // 2 - 20]))
        yield f"the first bytes of a .{suffix}", (file, _bytes(whole[:12]))
        yield f"an empty .{suffix}", (file, _bytes(b""))
        yield f"noise as .{suffix}", (file, _bytes(np.random.default_rng(5).bytes(3000)))
        yield f"a pipe named .{suffix}", (file, lambda path: os.mkfifo(path))
        yield f"a device named .{suffix}", (file, lambda path: path.symlink_to("/dev/zero"))
        yield f"a link to itself named .{suffix}", (file, _link_to_itself)
    for kind in _FOREIGN:
        if content := _encode(kind):
            yield f"{kind} named .png", ("item.png", _bytes(content))
    yield "PostScript named .jpg", ("item.jpg", _bytes(_EPS))
    yield "SVG named .png", ("item.png", _bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
    for side in (11_000, 30_000, 65_000, 2_000_000_000):
        yield f"a .png of {side:,} x {side:,}", ("item.png", _png(side, side))
    yield "a .png of 1 x 2,000,000,000", ("item.png", _png(1, 2_000_000_000))
    yield "a .bmp of 60,000 x 60,000", ("item.bmp", _bytes(_bmp(60_000, 60_000)))
    yield "a .gif of 65,535 x 65,535", ("item.gif", _bytes(_gif(65_535, 65_535)))
    yield "a .png of no size", ("item.png", _png(0, 0))
    yield "a .png with 60 MB of text", ("item.png", _png(8, 8, text=60 * 2**20))


def _bytes(content: bytes) -> Writer:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def _encode(kind: str) -> bytes:
    """Return a small image in a format; nothing where this Pillow cannot write it."""
    buffer = io.BytesIO()
    mode = "1" if kind == "XBM" else "RGB"
    noise = np.random.default_rng(6).integers(0, 255, (64, 64, 3), np.uint8)
    try:
        Image.fromarray(noise).convert(mode).save(buffer, kind)
    except (KeyError, OSError, ValueError):
        return b""
    return buffer.getvalue()


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def _png(width: int, height: int, text: int = 0) -> Writer:
    """Return what writes a .png of a declared size, with a megabyte of black and a text of so many bytes."""

    def write(path: Path) -> None:
        header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
        comment = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(text), 9))
        body = _chunk(b"IDAT", zlib.compress(bytes(2**20), 9)) + _chunk(b"IEND", b"")
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + (comment if text else b"") + body)

    return write


def _bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header + bytes(100)


def _gif(width: int, height: int) -> bytes:
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + image + b";"


_EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n(trace) (w) file closefile\nshowpage\n%%EOF\n"
