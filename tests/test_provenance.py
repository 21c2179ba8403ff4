"""Marks in files: there by default, harmless to pixels, found again, and lost on whoever changes the picture."""

import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from certificates import signing_files
from uniadgen.cli.main import main
from uniadgen.errors import InputError
from uniadgen.output import FORMATS, Output
from uniadgen.picture_chunks import PNG, has_manifest, with_xmp, xmp
from uniadgen.provenance import SOURCE_TYPE, Signer, coded_digest, marked, verify


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 255, (13, 17, 3), np.uint8)
    return Image.fromarray(noise.repeat(7, 0).repeat(7, 1))


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("output", [*(Output(kind) for kind in FORMATS), Output("webp", quality=100)])
def test_marks_leave_the_pixels_and_are_found_by_others(output: Output, picture: Image.Image) -> None:
    bare = Output(output.format, output.quality, provenance=False).encoded(picture, "ours")
    data = output.encoded(picture, "ours")
    assert data == output.encoded(picture, "ours")
    assert opened(data).tobytes() == opened(bare).tobytes()
    assert opened(data).format == output.format.upper()
    if output.format == "png" or output.quality == 100:
        assert opened(data).convert("RGB").tobytes() == picture.tobytes()
    assert xmp(bare) is None
    # Pillow's own reader finds the packet, too
    packet = opened(data).info.get("xmp") or opened(data).info["XML:com.adobe.xmp"]
    assert SOURCE_TYPE in (packet if isinstance(packet, str) else packet.decode())
    verdict = verify(data, "it")
    assert (verdict.source_type, verdict.model, verdict.pixels, verdict.signature) == (SOURCE_TYPE, "ours", "unchanged", "none")
    assert verdict.holds
    label = json.loads(str(_label(data)))
    assert label["Label"] == "1"
    assert label["ContentProducer"] == "uniadgen"
    assert not verify(bare, "it").holds


def _label(data: bytes) -> Any:
    import xml.etree.ElementTree as ET

    root = ET.fromstring((xmp(data) or b"").decode().strip("\ufeff"))
    return next(v for e in root.iter() for k, v in e.items() if k.endswith("}AIGC"))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_limit_of_pixels_is_for_what_others_send(kind: Any, picture: Image.Image, monkeypatch: pytest.MonkeyPatch) -> None:
    data = Output(kind).encoded(picture, "ours")
    monkeypatch.setenv("UNIADGEN_MAX_PIXELS", "100")
    assert Output(kind).encoded(picture, "ours") == data
    with pytest.raises(InputError, match="UNIADGEN_MAX_PIXELS"):
        verify(data, "it")


@pytest.mark.parametrize("kind", FORMATS)
def test_changed_pixels_show_and_lossless_copies_hold(kind: Any, picture: Image.Image) -> None:
    data = Output(kind).encoded(picture, "ours")
    packet = xmp(data)
    assert packet is not None
    changed = opened(data).convert("RGB")
    changed.putpixel((3, 3), (1, 2, 3))
    again = io.BytesIO()
    changed.save(again, "png")
    assert verify(with_xmp(again.getvalue(), packet), "it").pixels == "changed"
    same = io.BytesIO()
    opened(data).convert("RGB").save(same, "png", compress_level=1)
    copy = with_xmp(same.getvalue(), packet)
    assert coded_digest(copy) != coded_digest(data)
    assert verify(copy, "it").holds


def test_a_quoted_producer_and_model_stay_in_their_places(picture: Image.Image) -> None:
    data = marked(Output(provenance=False).encoded(picture, ""), 'a"<&>model', 'Shop "A" & <Sons> 株式会社')
    assert verify(data, "it").model == 'a"<&>model'
    assert json.loads(str(_label(data)))["ContentProducer"] == 'Shop "A" & <Sons> 株式会社'


def _png_with(text: bytes, compressed: bool = False) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, "png")
    data = buffer.getvalue()
    content = b"XML:com.adobe.xmp\0" + (b"\1" if compressed else b"\0") + b"\0\0\0" + text
    chunk = struct.pack(">I", len(content)) + b"iTXt" + content + struct.pack(">I", zlib.crc32(b"iTXt" + content))
    return data[:33] + chunk + data[33:]


def test_hostile_packets_say_nothing() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "cccccccc">]><a>&b;</a>'
    for data in (_png_with(bomb), _png_with(b"<a"), _png_with(b"\xff\xfe")):
        verdict = verify(data, "it")
        assert verdict.source_type is None
        assert not verdict.holds
    with pytest.raises(InputError):
        verify(_png_with(zlib.compress(bytes(2**28), 1), True), "it")


@pytest.mark.parametrize("data", [b"", b"GIF89a", PNG, PNG + b"\0\0\xff\xffIHDR", b"\xff\xd8\xff\xe0\xff", b"RIFF0000WEBPVP8X"])
def test_what_is_no_picture_is_refused(data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError):
        verify(data, "it")
    (tmp_path / "file").write_bytes(data)
    assert main(["verify", str(tmp_path / "file")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_verb_prints_the_verdict(picture: Image.Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.webp").write_bytes(Output("webp").encoded(picture, "ours"))
    picture.save(tmp_path / "plain.png")
    assert main(["verify", str(tmp_path / "good.webp"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["holds"] is True
    assert main(["verify", str(tmp_path / "plain.png")]) == 1
    assert "it does not say how it was made" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "none.png")]) == 2


def svg_file() -> bytes:
    words = b"<text>Quiet</text>"
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg">' + words + b"</svg>\n"


def psd_file() -> bytes:
    psd_tools = pytest.importorskip("psd_tools")
    document = psd_tools.PSDImage.new("RGB", (20, 10))
    document.create_pixel_layer(Image.new("RGB", (4, 4), "red"), "Quiet", 1, 2)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("bare", [svg_file, psd_file])
def test_files_with_layers_are_marked(bare: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = Output(producer='"A" & B').layers(bare(), "ours")
    assert data == Output(producer='"A" & B').layers(bare(), "ours")
    assert Output(provenance=False).layers(bare(), "ours") == bare()
    assert not verify(bare(), "it").holds
    verdict = verify(data, "it")
    assert verdict.holds
    assert (verdict.format, verdict.model, verdict.signature) == (bare.__name__.partition("_")[0], "ours", "none")
    assert json.loads(str(_label(data)))["ContentProducer"] == '"A" & B'
    assert json.loads(str(_label(data)))["ProduceID"].startswith("sha256:")
    # what isn't the packet is as it was, and any change of it shows
    assert verify(data.replace(b"Quiet", b"Quick"), "it").pixels == "changed"
    assert verify(data + b" ", "it").pixels == "changed"
    (tmp_path / "file").write_bytes(data)
    assert main(["verify", str(tmp_path / "file")]) == 0
    assert "fine" in capsys.readouterr().out


def test_others_read_the_marks_of_layers() -> None:
    import xml.etree.ElementTree as ET

    root = ET.fromstring(marked(svg_file(), "ours").decode().partition("?>")[2])
    assert [child.tag.rpartition("}")[2] for child in root] == ["metadata", "text"]
    assert SOURCE_TYPE in ET.tostring(root[0]).decode()
    psd_tools = pytest.importorskip("psd_tools")
    document = psd_tools.PSDImage.open(io.BytesIO(marked(psd_file(), "ours")))
    packet = document.image_resources.get_data(1060)
    assert SOURCE_TYPE in (packet.decode() if isinstance(packet, bytes) else str(packet))
    assert [layer.name for layer in document] == ["Quiet"]
    before = psd_tools.PSDImage.open(io.BytesIO(psd_file()))
    assert document.composite().tobytes() == before.composite().tobytes()


@pytest.mark.parametrize("cut", [5, 26, 30, 36, 60])
def test_a_cut_psd_is_refused(cut: int) -> None:
    with pytest.raises(InputError, match=r"cut short|damaged"):
        verify(marked(psd_file(), "ours")[:cut], "it")


# C2PA --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return signing_files(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_signature_holds_the_pixels(kind: Any, picture: Image.Image, signing: tuple[Path, Path]) -> None:
    signer = Signer.read(*signing)
    signer.check()
    data = Output(kind, signer=signer).encoded(picture, "ours")
    assert has_manifest(data)
    assert opened(data).tobytes() == opened(Output(kind).encoded(picture, "ours")).tobytes()
    verdict = verify(data, "it")
    assert (verdict.signature, verdict.signer, verdict.pixels) == ("valid", "Test Shop", "unchanged")
    at = (
        data.rindex(b"IEND") - 12
        if kind == "png"
        else data.index(b"\xff\xda") + 40
        if kind == "jpeg"
        else data.index(b"VP8 ") + 60
    )
    broken = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    try:
        spoilt = verify(broken, "it")
    except InputError:  # no whole picture any more
        return
    assert spoilt.signature == "invalid"
    assert not spoilt.holds


def test_files_that_are_no_certificate_and_key(signing: tuple[Path, Path], tmp_path: Path) -> None:
    certificate, key = signing
    for pair in ((key, certificate), (certificate, tmp_path / "none"), (certificate, certificate)):
        with pytest.raises(InputError, match="argument --sign"):
            Signer.read(*pair)
    with pytest.raises(InputError, match="argument --sign"):
        Signer.read(certificate, key.with_name("other.pem")).check()
