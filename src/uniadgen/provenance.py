"""Marks in the files of ads: that a model made them, which, and whether their pixels are still those that it made.

    data = marked(data, "uniadgen-embedded")            # XMP, on by default; the pixels stay
    data = Signer.read(cert, key).signed(data)          # a C2PA manifest (extra `provenance`)
    verify(data)                                        # what a file says, and whether it holds

The XMP packet has IPTC's `DigitalSourceType`, what the EU's AI Act asks for in article 50, and the field `AIGC` of China's
labelling measures (GB 45438-2025). Nothing of a product or shopper is in it, and no time: the same ad is the same bytes.
"""

import hashlib
import io
import json
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from xml.sax.saxutils import quoteattr

from PIL import Image

from uniadgen.errors import InputError
from uniadgen.imaging.colour import flatten
from uniadgen.imaging.loading import load_picture, opened_bands
from uniadgen.picture_chunks import LAYERED, coded, format_of, has_manifest, with_xmp, xmp
from uniadgen.version import version
from uniadgen.words import quoted

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
PRODUCER = "uniadgen"
_ANY_SIZE = 2**31  # pixels: what is marked is ours, so no limit for what others send applies
_NAMESPACES = {
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "TC260": "http://www.tc260.org.cn/ns/AIGC/1.0/",
    "uniadgen": "urn:uniadgen:provenance:1",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

Pixels = Literal["unchanged", "changed", "unknown"]
Signature = Literal["none", "valid", "trusted", "invalid", "unchecked"]


@dataclass(frozen=True)
class Verdict:
    """What a file says of itself, and whether that holds.

    source_type, generator, version, model: as its XMP has them, None where it doesn't. pixels: compared with what was written;
    of files with layers everything but these marks. signature: of a C2PA manifest - trusted is one whose certificate is on a
    list of trust; signer: whose it is; problems: of the signature, in the words of C2PA.
    """

    format: str
    source_type: str | None = None
    generator: str | None = None
    version: str | None = None
    model: str | None = None
    pixels: Pixels = "unknown"
    signature: Signature = "none"
    signer: str | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether it is marked as made by a model, is as it was written, and nothing speaks against its signature."""
        return self.source_type == SOURCE_TYPE and self.pixels == "unchanged" and self.signature != "invalid"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}


def marked(data: bytes, model: str, producer: str = PRODUCER) -> bytes:
    """The file (PNG, JPEG or WebP, or SVG or PSD with layers; without XMP) with its marks. model: its name. producer: who
    answers for the ad."""
    coded_as = coded_digest(data)
    # How layers look, no two programs agree on.
    pixels = coded_as if format_of(data) in LAYERED else pixel_digest(data, _ANY_SIZE)
    return with_xmp(data, _packet(model, producer, pixels, coded_as).encode())


def pixel_digest(data: bytes, max_pixels: int | None = None) -> str:
    """A digest of a picture's size and decoded pixels. max_pixels: as for `load_picture`."""
    with opened_bands(data, "the picture", max_pixels=max_pixels) as (size, bands):
        digest = hashlib.sha256(f"{size[0]}x{size[1]} RGB ".encode())
        for band in bands:  # not all pixels of a large ad once more
            digest.update(flatten(band).tobytes())
    return f"sha256:{digest.hexdigest()}"


def coded_digest(data: bytes) -> str:
    """A digest of what the pixels are decoded from. Decoders of JPEG and WebP differ by a grey level; this doesn't."""
    digest = hashlib.sha256()
    for part in coded(data):
        digest.update(len(part).to_bytes(8, "big") + part)
    return f"sha256:{digest.hexdigest()}"


def _packet(model: str, producer: str, pixels: str, coded_as: str) -> str:
    # As GB 45438-2025 names them; reserved fields and those of whoever passes the file on are theirs to fill
    label = {"Label": "1", "ContentProducer": producer, "ProduceID": pixels, "ReservedCode1": ""}
    label |= {"ContentPropagator": "", "PropagateID": "", "ReservedCode2": ""}
    said = {
        "Iptc4xmpExt:DigitalSourceType": SOURCE_TYPE,
        "Iptc4xmpExt:AISystemUsed": PRODUCER,
        "Iptc4xmpExt:AISystemVersionUsed": version(),
        "xmp:CreatorTool": f"{PRODUCER} {version()}",
        "TC260:AIGC": json.dumps(label, ensure_ascii=False),
        "uniadgen:Model": model,
        "uniadgen:Pixels": pixels,
        "uniadgen:Coded": coded_as,
    }
    spaces = "".join(f" xmlns:{name}={quoteattr(space)}" for name, space in _NAMESPACES.items())
    fields = "".join(f"\n   {name}={quoteattr(value)}" for name, value in said.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f' <rdf:RDF xmlns:rdf="{_RDF}">\n  <rdf:Description rdf:about=""{spaces}{fields}/>\n </rdf:RDF>\n</x:xmpmeta>\n'
        '<?xpacket end="r"?>'
    )


# Reading -----------------------------------------------------------------------------------------------------------------


def verify(data: bytes, what: str) -> Verdict:
    """What a file says. what: its name, for messages. Raises InputError for what is no whole PNG, JPEG or WebP
    picture, and no SVG or PSD."""
    try:
        kind, packet, manifest = format_of(data), xmp(data), has_manifest(data)
    except InputError as error:
        raise InputError(f"{what} {error}; name a whole PNG, JPEG, WebP, SVG or PSD file") from None
    said = {} if packet is None else _said(packet)
    if kind not in LAYERED:
        load_picture(data, what)  # whole, and no bomb
    written = said.get("uniadgen:Coded"), said.get("uniadgen:Pixels")
    pixels: Pixels = "unknown"
    if any(written):
        same = coded_digest(data) == written[0] or (kind not in LAYERED and pixel_digest(data) == written[1])
        pixels = "unchanged" if same else "changed"
    signature = _signature(data, kind) if manifest else ("none", None, [])
    return Verdict(
        kind,
        said.get("Iptc4xmpExt:DigitalSourceType"),
        said.get("Iptc4xmpExt:AISystemUsed"),
        said.get("Iptc4xmpExt:AISystemVersionUsed"),
        said.get("uniadgen:Model"),
        pixels,
        *signature,
    )


def _said(packet: bytes) -> dict[str, str]:
    """The fields that we know, whether they are written as attributes or as elements; none for XML that is broken or a bomb."""
    if b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return {}
    try:
        root = ET.fromstring(packet.decode("utf-8").strip("\ufeff\0 \r\n"))
    except (ET.ParseError, UnicodeDecodeError):
        return {}
    names = {f"{{{space}}}": name for name, space in _NAMESPACES.items()}
    fields = dict[str, str]()
    for description in root.iter(f"{{{_RDF}}}Description"):
        for tag, value in [*description.items(), *((child.tag, child.text or "") for child in description)]:
            space, _, name = tag.rpartition("}")
            if f"{space}}}" in names:
                fields[f"{names[f'{space}}}']}:{name}"] = value
    return fields


# C2PA --------------------------------------------------------------------------------------------------------------------


def _signature(data: bytes, kind: str) -> tuple[Signature, str | None, list[str]]:
    try:
        from c2pa import C2paError, Reader
    except ImportError:
        return "unchecked", None, ['c2pa-python is missing; pip install "uniadgen[provenance]"']
    try:
        with Reader(f"image/{kind}", io.BytesIO(data)) as reader:
            report = json.loads(reader.json())
            state = (reader.get_validation_state() or "invalid").lower()
    except C2paError as error:
        return "invalid", None, [str(error)[:200]]
    active = report.get("manifests", {}).get(report.get("active_manifest"), {})
    signer = active.get("signature_info", {}).get("issuer")
    problems = [entry.get("code", "") for entry in report.get("validation_status", [])]
    return ("trusted" if state == "trusted" else "valid" if state == "valid" else "invalid"), signer, problems


@dataclass(frozen=True)
class Signer:
    """A certificate chain and its private key, both PEM."""

    certificates: str
    key: str = field(repr=False)
    algorithm: str = "es256"

    @classmethod
    def read(cls, certificate: Path, key: Path) -> "Signer":
        """Raises InputError for files that are no certificate and key that belong together."""
        texts = []
        for path, begins in ((certificate, "-----BEGIN CERTIFICATE-----"), (key, "PRIVATE KEY-----")):
            try:
                text = path.read_text("utf-8")
            except (OSError, ValueError):
                raise InputError(
                    f"argument --sign: {quoted(path)} can't be read; name the files of certificate and key"
                ) from None
            if begins not in text:
                raise InputError(f"argument --sign: {quoted(path)} is not in PEM form ({begins}); name certificate, then key")
            texts.append(text)
        return cls(texts[0], texts[1], _algorithm(key, texts[1]))

    def check(self) -> None:
        """Raises InputError when these can't sign, before anything is made."""
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8)).save(buffer, "PNG")
        if verify(self.signed(buffer.getvalue(), ""), "a picture").signature == "invalid":
            raise InputError(
                "argument --sign: what this certificate signs doesn't hold; use a chain and key that belong together"
            )

    def signed(self, data: bytes, model: str) -> bytes:
        """The marked file with a C2PA manifest, which says the same and holds the pixels. Raises InputError."""
        from c2pa import Builder, C2paError, C2paSignerInfo, Context, Settings
        from c2pa import Signer as Signing

        info = C2paSignerInfo(self.algorithm, self.certificates.encode(), self.key.encode(), None)
        kind, result = f"image/{format_of(data)}", io.BytesIO()
        settings = Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}})  # it would be larger than the ad
        try:
            with Signing.from_info(info) as signing, Builder(_manifest(kind, model), Context(settings)) as builder:
                builder.sign(signing, kind, io.BytesIO(data), result)
        except C2paError as error:
            raise InputError(
                f"argument --sign: the certificate can't sign ({str(error)[:200]}); use a chain and its key as C2PA asks for"
            ) from None
        return result.getvalue()


def _manifest(kind: str, model: str) -> dict[str, Any]:
    made = {
        "action": "c2pa.created",
        "digitalSourceType": SOURCE_TYPE,
        "softwareAgent": {"name": PRODUCER, "version": version()},
        "parameters": {"model": model},
    }
    return {
        "claim_generator_info": [{"name": PRODUCER, "version": version()}],
        "format": kind,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [made]}}],
    }


def _algorithm(path: Path, key: str) -> str:
    """The name that C2PA has for what a key signs with."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        loaded = load_pem_private_key(key.encode(), None)
    except (ValueError, TypeError):
        raise InputError(
            f"argument --sign: {quoted(path)} is no private key without a password; name certificate, then key"
        ) from None
    if isinstance(loaded, ec.EllipticCurvePrivateKey) and loaded.key_size in (256, 384, 521):
        return {256: "es256", 384: "es384", 521: "es512"}[loaded.key_size]
    if isinstance(loaded, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(loaded, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise InputError(f"argument --sign: {quoted(path)} is of a kind that C2PA doesn't know; use EC P-256, RSA or Ed25519")
