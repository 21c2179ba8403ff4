"""PNG, JPEG and WebP files by their parts: metadata put in and read without touching a pixel.

    marked = with_xmp(data, packet)          # the same file with an XMP packet in it
    xmp(marked) == packet
    has_manifest(marked)                     # whether there is a C2PA manifest

Raises InputError for what is none of these, or damaged.
"""

import struct
import zlib
from collections.abc import Iterator

from uniadgen.errors import InputError

PNG, WEBP, JPEG = b"\x89PNG\r\n\x1a\n", b"RIFF", b"\xff\xd8"
_PNG_XMP = b"XML:com.adobe.xmp\0"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MOST_INFLATED = 2**20  # of a compressed packet
_LARGEST_SEGMENT = 65533


def format_of(data: bytes) -> str:
    """ "png", "jpeg" or "webp"."""
    if data.startswith(PNG):
        return "png"
    if data.startswith(JPEG):
        return "jpeg"
    if data.startswith(WEBP) and data[8:12] == b"WEBP":
        return "webp"
    raise InputError("is no PNG, JPEG or WebP file")


def with_xmp(data: bytes, packet: bytes) -> bytes:
    """The file with this XMP packet, where there was none."""
    kind = format_of(data)
    if kind == "png":
        header = 8 + 12 + struct.unpack(">I", data[8:12])[0]
        return data[:header] + _png_chunk(b"iTXt", _PNG_XMP + b"\0\0\0\0" + packet) + data[header:]
    if kind == "jpeg":
        segment = _JPEG_XMP + packet
        if len(segment) > _LARGEST_SEGMENT:
            raise InputError("the XMP packet is too long for a JPEG file")
        first = next(_jpeg_segments(data))
        at = first[2] if first[0] == 0xE0 else 2  # behind JFIF's own, which readers expect in front
        return data[:at] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[at:]
    return _webp_with(data, packet)


def xmp(data: bytes) -> bytes | None:
    """The XMP packet of a file; None where there is none."""
    kind = format_of(data)
    if kind == "png":
        for name, content in _png_chunks(data):
            if name == b"iTXt" and content.startswith(_PNG_XMP):
                return _png_text(content[len(_PNG_XMP) :])
    elif kind == "jpeg":
        for marker, content, _ in _jpeg_segments(data):
            if marker == 0xE1 and content.startswith(_JPEG_XMP):
                return content[len(_JPEG_XMP) :]
    else:
        for name, content in _webp_chunks(data):
            if name == b"XMP ":
                return content
    return None


def has_manifest(data: bytes) -> bool:
    """Whether a C2PA manifest is in a file, whatever it says."""
    kind = format_of(data)
    if kind == "png":
        return any(name == b"caBX" for name, _ in _png_chunks(data))
    if kind == "jpeg":
        return any(marker == 0xEB and b"c2pa" in content[:128] for marker, content, _ in _jpeg_segments(data))
    return any(name == b"C2PA" for name, _ in _webp_chunks(data))


def coded(data: bytes) -> Iterator[bytes]:
    """The parts of a file that its pixels are decoded from: what no metadata, and no other decoder, changes."""
    kind = format_of(data)
    if kind == "png":
        yield from (content for name, content in _png_chunks(data) if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"))
    elif kind == "webp":
        yield from (content for name, content in _webp_chunks(data) if name in (b"VP8 ", b"VP8L", b"ALPH", b"ANMF"))
    else:
        segments = list(_jpeg_segments(data))
        yield from (content for marker, content, _ in segments if not 0xE0 <= marker <= 0xEF and marker != 0xFE)
        yield data[segments[-1][2] if segments else 2 :]


# The formats -------------------------------------------------------------------------------------------------------------


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        length = struct.unpack(">I", data[at : at + 4])[0]
        if at + 12 + length > len(data):
            raise InputError("is cut short")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _png_text(content: bytes) -> bytes:
    """The text of an iTXt chunk behind its keyword: flag, method, language, translated keyword, text."""
    compressed, rest = content[:1] == b"\1", content[2:]
    for _ in range(2):
        rest = rest.partition(b"\0")[2]
    if not compressed:
        return rest
    try:
        return zlib.decompressobj().decompress(rest, _MOST_INFLATED)
    except zlib.error:
        raise InputError("has a damaged XMP packet") from None


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """Marker, content and end of the segments in front of the picture."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise InputError("is damaged")
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xDA:
            return
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        if length < 2 or at + 2 + length > len(data):
            raise InputError("is cut short")
        yield marker, data[at + 4 : at + 2 + length], at + 2 + length
        at += 2 + length


def _webp_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    while at + 8 <= len(data):
        length = struct.unpack("<I", data[at + 4 : at + 8])[0]
        if at + 8 + length > len(data):
            raise InputError("is cut short")
        yield data[at : at + 4], data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _webp_with(data: bytes, packet: bytes) -> bytes:
    chunks = list(_webp_chunks(data))
    head = next((content for name, content in chunks if name == b"VP8X"), None)
    if head is None:  # the simple form has no room for metadata
        head = bytes(4) + _webp_size(*chunks[0])
    head = bytes([head[0] | 0x04]) + head[1:]
    parts = [(b"VP8X", head), *((n, c) for n, c in chunks if n not in (b"VP8X", b"XMP ")), (b"XMP ", packet)]
    body = b"WEBP" + b"".join(n + struct.pack("<I", len(c)) + c + bytes(len(c) % 2) for n, c in parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_size(name: bytes, content: bytes) -> bytes:
    """Width and height of a simple WebP as VP8X has them, each less one in 24 bits."""
    if name == b"VP8L" and len(content) >= 5:
        bits = struct.unpack("<I", content[1:5])[0]
        width, height = bits & 0x3FFF, bits >> 14 & 0x3FFF
    elif name == b"VP8 " and len(content) >= 10:
        width, height = (side - 1 & 0x3FFF for side in struct.unpack("<HH", content[6:10]))
    else:
        raise InputError("is damaged")
    return struct.pack("<I", width)[:3] + struct.pack("<I", height)[:3]
