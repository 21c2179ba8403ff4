"""Pictures (PNG, JPEG, WebP) and files with layers (SVG, PSD) by their parts: metadata put in and read, no pixel touched.

    marked = with_xmp(data, packet)          # the same file with an XMP packet in it
    xmp(marked) == packet
    has_manifest(marked)                     # whether there is a C2PA manifest

Raises InputError for what is none of these, or damaged.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from uniadgen.errors import InputError

PNG, WEBP, JPEG = b"\x89PNG\r\n\x1a\n", b"RIFF", b"\xff\xd8"
PSD = b"8BPS"
LAYERED = ("svg", "psd")
_PNG_XMP = b"XML:com.adobe.xmp\0"
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MOST_INFLATED = 2**20  # of a compressed packet
_LARGEST_SEGMENT = 65533
_MOST_HEAD = 2**16  # characters of an SVG file up to where its drawing begins
_PSD_XMP = 1060  # the number of the image resource
_SVG_HEAD = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*\?>\s*)?<svg(?:\s[^<>]*)?>")
_SVG_XMP = b"\n<metadata>", b"</metadata>"


def format_of(data: bytes) -> str:
    """ "png", "jpeg", "webp", "svg" or "psd"."""
    if data.startswith(PNG):
        return "png"
    if data.startswith(JPEG):
        return "jpeg"
    if data.startswith(WEBP) and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(PSD):
        return "psd"
    if _SVG_HEAD.match(data, 0, _MOST_HEAD):
        return "svg"
    raise InputError("is no PNG, JPEG, WebP, SVG or PSD file")


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
    if kind == "svg":
        at = _svg_begins(data)
        return data[:at] + _SVG_XMP[0] + packet + _SVG_XMP[1] + data[at:]
    if kind == "psd":
        return _psd_with(data, packet)
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
    elif kind == "svg":  # other programs put it elsewhere than we do
        begin, end = data.find(b"<x:xmpmeta"), data.find(b"</x:xmpmeta>")
        return data[begin : end + len(b"</x:xmpmeta>")] if 0 <= begin < end else None
    elif kind == "psd":
        return next((content for number, content, _ in _psd_resources(data) if number == _PSD_XMP), None)
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
    if kind in LAYERED:
        return False
    return any(name == b"C2PA" for name, _ in _webp_chunks(data))


def coded(data: bytes) -> Iterator[bytes]:
    """The parts of a file that its pixels are decoded from: what no metadata, and no other decoder, changes. Of a file with
    layers all but the packet."""
    kind = format_of(data)
    if kind == "png":
        yield from (content for name, content in _png_chunks(data) if name in (b"IHDR", b"PLTE", b"tRNS", b"IDAT"))
    elif kind == "webp":
        yield from (content for name, content in _webp_chunks(data) if name in (b"VP8 ", b"VP8L", b"ALPH", b"ANMF"))
    elif kind == "svg":
        at = _svg_begins(data)
        end = data.find(_SVG_XMP[1], at)
        yield data[:at]
        yield data[end + len(_SVG_XMP[1]) :] if data.startswith(_SVG_XMP[0], at) and end >= 0 else data[at:]
    elif kind == "psd":
        begin, end = _psd_span(data)
        yield data[: begin - 4]
        yield from (resource for number, _, resource in _psd_resources(data) if number != _PSD_XMP)
        yield data[end:]
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


def _svg_begins(data: bytes) -> int:
    """Where the drawing's first element stands."""
    head = _SVG_HEAD.match(data, 0, _MOST_HEAD)
    assert head is not None  # or it would be no SVG
    return head.end()


def _psd_span(data: bytes) -> tuple[int, int]:
    """Begin and end of the image resources, which stand behind header (26 bytes) and colour table; their length is in front."""
    begin = end = 26
    for _ in ("colour table", "image resources"):
        begin = end + 4
        if begin > len(data):
            raise InputError("is cut short")
        end = begin + int(struct.unpack(">I", data[begin - 4 : begin])[0])
    if end > len(data):
        raise InputError("is cut short")
    return begin, end


def _psd_resources(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The number of each image resource, its content, and all of it."""
    at, end = _psd_span(data)
    while at + 12 <= end:
        name = data[at + 6] + 1 + (data[at + 6] + 1) % 2  # a Pascal string of even length
        if data[at : at + 4] != b"8BIM" or at + 10 + name > end:
            raise InputError("is damaged")
        length = struct.unpack(">I", data[at + 6 + name : at + 10 + name])[0]
        begin = at + 10 + name
        last = begin + length + length % 2
        if last > end:
            raise InputError("is damaged")
        yield struct.unpack(">H", data[at + 4 : at + 6])[0], data[begin : begin + length], data[at:last]
        at = last


def _psd_with(data: bytes, packet: bytes) -> bytes:
    begin, end = _psd_span(data)
    made = b"8BIM" + struct.pack(">HHI", _PSD_XMP, 0, len(packet)) + packet + bytes(len(packet) % 2)
    others = b"".join(resource for number, _, resource in _psd_resources(data) if number != _PSD_XMP) + made
    return data[: begin - 4] + struct.pack(">I", len(others)) + others + data[end:]


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
