"""Marks in files: there by default, harmless to pixels, found again, and lost on whoever changes the picture."""

import datetime
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

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


# C2PA --------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A chain of certificates and its key, as C2PA asks for them."""
    pytest.importorskip("c2pa", reason="needs uniadgen[provenance]")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text), x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def usage(**yes: bool) -> x509.KeyUsage:
        names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
        names += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
        return x509.KeyUsage(**(dict.fromkeys(names, False) | yes))

    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)

    def certificate(name: str, key: Any, authority: bool) -> Any:
        subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(theirs.public_key())
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("Test Authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=9))
            .add_extension(x509.BasicConstraints(authority, None), True)
            .add_extension(usage(key_cert_sign=True) if authority else usage(digital_signature=True), True)
            .add_extension(subject, False)
            .add_extension(issuer, False)
        )
        if not authority:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        return builder.sign(theirs, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    folder = tmp_path_factory.mktemp("keys")
    (folder / "cert.pem").write_bytes(certificate("Test Shop", ours, False) + certificate("Test Authority", theirs, True))
    for name, key in (("key.pem", ours), ("other.pem", theirs)):
        form = serialization.PrivateFormat.PKCS8
        (folder / name).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


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
