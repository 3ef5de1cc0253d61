"""Image files whose headers lie: about sizes, scans, palettes, places and the bytes of a piece."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from zoo.testing.hostile.case import HostileCase, Writer

__all__ = ["cases"]

_LONG, _SHORT = 4, 3  # types of entries in a TIFF
_SIDE = 16  # pixels
_PIXELS = 500  # the place of the pixels in a TIFF


def cases() -> Iterator[HostileCase]:
    """Yield the cases."""
    files = {"item.tif": _tiffs(), "item.jpg": _jpegs(), "item.png": _pngs(), "item.bmp": _bmps()}
    files["item.webp"] = _webps()
    for file, contents in files.items():
        for name, content in contents.items():
            yield HostileCase("image", f"{Path(file).suffix}: {name}", file, _writer(content))
    yield HostileCase("image", "a .png of a TiB of nothing", "item.png", _sparse)


def _writer(content: bytes) -> Writer:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _sparse(path: Path) -> None:
    path.write_bytes(_png())
    os.truncate(path, 2**40)


def _tiff(**changes: int) -> bytes:
    """Return a grey image, with numbers in place of the honest ones, by the entry's number: t258=64."""
    honest = {256: _SIDE, 257: _SIDE, 258: 8, 259: 1, 262: 1, 273: _PIXELS, 277: 1, 278: _SIDE}
    honest |= {279: _SIDE**2} | {int(name[1:]): value for name, value in changes.items()}
    content = b"II*\0" + struct.pack("<IH", 8, len(honest))
    for number, value in sorted(honest.items()):
        kind = _SHORT if number in (258, 259, 262, 277, 284) else _LONG
        content += struct.pack("<HHII", number, kind, 1, value)
    return content.ljust(_PIXELS, b"\0") + bytes(_SIDE**2)


def _tiffs() -> Mapping[str, bytes]:
    return {
        "64 bits a channel": _tiff(t258=64),
        "pixels behind the end": _tiff(t273=2**31),
        "50,000 x 50,000": _tiff(t256=50_000, t257=50_000),
        "packed by a method that nobody has": _tiff(t259=32909),
        "JPEG of the old kind": _tiff(t259=6),
        "channels in planes of another colour": _tiff(t262=6, t277=3, t284=2),
        "60,000 entries": b"II*\0" + struct.pack("<IH", 8, 60_000) + bytes(12) * 60_000,
    }


def _jpegs() -> Mapping[str, bytes]:
    buffer = io.BytesIO()
    Image.new("L", (2000, 2000)).save(buffer, "JPEG", progressive=True)
    whole = buffer.getvalue()
    last = whole.rindex(b"\xff\xda")
    frame = whole.index(b"\xff\xc2") + 5  # the height and the width
    size = struct.pack(">HH", 65_500, 65_500)
    return {
        "20,000 scans": whole[:-2] + whole[last:-2] * 20_000 + b"\xff\xd9",
        "65,500 x 65,500": whole[:frame] + size + whole[frame + 4 :],
        "no scan": whole[: whole.index(b"\xff\xda")] + b"\xff\xd9",
    }


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum


def _png(*chunks: bytes, colour: int = 0, pixels: bytes | None = None) -> bytes:
    """Return an image of 8 x 8, with more chunks before its pixels."""
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, colour, 0, 0, 0))
    body = _chunk(b"IDAT", zlib.compress(bytes(72))) if pixels is None else pixels
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + _chunk(b"IEND", b"")


def _pngs() -> Mapping[str, bytes]:
    packed = zlib.compress(bytes(60 * 2**20), 9)
    return {
        "colours without a palette": _png(colour=3),
        "a profile of 60 MB": _png(_chunk(b"iCCP", b"a\0\0" + packed)),
        "5,000 texts of 30 kB": _png(
            *[_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(30_000)))] * 5000
        ),
        "100,000 empty chunks of pixels": _png(pixels=_chunk(b"IDAT", b"") * 100_000),
        "a chunk of 2 GB": _png()[:33] + b"\x7f\xff\xff\xffIDAT",
        "a kind of colour that does not exist": _png(colour=77),
        "a page of HTML": b"<!doctype html><script>alert(1)</script>",
    }


def _bmp(
    width: int, height: int, *, bits: int = 24, packed: int = 0, colours: int = 0, header: int = 40
) -> bytes:
    numbers = (header, width, height, 1, bits, packed, 0, 0, 0, colours, 0)
    noise = np.random.default_rng(7).bytes(5000)
    return (
        b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", *numbers) + noise
    )


def _bmps() -> Mapping[str, bytes]:
    return {
        "runs of noise, 9,000 x 9,000": _bmp(9000, 9000, bits=8, packed=1, colours=256),
        "a height of -2 ** 31": _bmp(8, -(2**31)),
        "2 ** 31 colours": _bmp(8, 8, bits=8, colours=2**31),
        "a header of 4 GB": _bmp(8, 8, header=2**32 - 1),
        "no bits": _bmp(8, 8, bits=0),
    }


def _webps() -> Mapping[str, bytes]:
    buffer = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE)).save(buffer, "WEBP")
    whole, side = buffer.getvalue(), struct.pack("<I", 16_382)[:3]
    large = b"RIFF\x30\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4) + side * 2
    sides = struct.pack("<I", 7_999 | 7_999 << 14)  # in 14 bits each
    return {
        "8,000 x 8,000": b"RIFF\x1c\0\0\0WEBPVP8L\x10\0\0\0/" + sides + bytes(11),
        "16,383 x 16,383": large + b"VP8L\x0c\0\0\0/" + bytes(11),
        "4 GB by its header": whole[:4] + struct.pack("<I", 2**32 - 2) + whole[8:],
    }
