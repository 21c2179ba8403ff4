"""What marks in pictures cost: seconds an ad for XMP and for a C2PA signature, and whether the pixels stay.

    python benchmarks/provenance.py                  # 20 pictures of 768x768 in each format; half a minute
    python benchmarks/provenance.py --size 1920

Signs with a certificate that is made for it, so the extra `provenance` is needed.
"""

import argparse
import datetime
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image

from uniadgen.demo import example_folder
from uniadgen.imaging.loading import load_rgb
from uniadgen.output import FORMATS, Output
from uniadgen.provenance import Signer


def signer(folder: Path) -> Signer:
    """A chain of two certificates, as C2PA asks for it."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("Test Authority", "Test Shop")}
    authority, now = keys["Test Authority"], datetime.datetime.now(datetime.UTC)
    chain = b""
    for name in ("Test Shop", "Test Authority"):
        signs = name == "Test Shop"
        flags = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
        )
        usage = x509.KeyUsage(signs, key_cert_sign=not signs, encipher_only=False, decipher_only=False, **flags)
        names = [
            x509.Name([x509.NameAttribute(oid, text) for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)])
            for text in (name, "Test Authority")
        ]
        builder = x509.CertificateBuilder(names[1], names[0], keys[name].public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        builder = builder.add_extension(x509.BasicConstraints(not signs, None), True).add_extension(usage, True)
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(keys[name].public_key()), False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
        builder = builder.add_extension(issuer, False)
        if signs:
            builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        chain += builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    (folder / "cert.pem").write_bytes(chain)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(keys["Test Shop"].private_bytes(serialization.Encoding.PEM, *form))
    return Signer.read(folder / "cert.pem", folder / "key.pem")


def seconds(output: Output, pictures: list[Image.Image]) -> tuple[float, list[bytes]]:
    files, taken = list[bytes](), list[float]()
    for picture in pictures:
        started = time.perf_counter()
        files.append(output.encoded(picture, "benchmark"))
        taken.append(time.perf_counter() - started)
    return statistics.median(taken), files


def pixels(data: bytes) -> bytes:
    return load_rgb(data, "picture").tobytes()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=768, metavar="P", help="side in pixels (default 768)")
    parser.add_argument("--count", type=int, default=20, metavar="N", help="pictures (default 20)")
    arguments = parser.parse_args()
    photo = load_rgb(example_folder() / "product.webp", "example").resize((arguments.size, arguments.size))
    noise = np.random.default_rng(0)
    pictures = [
        Image.fromarray(
            np.clip(np.asarray(photo).astype(int) + noise.integers(-3, 4, (*photo.size, 3)), 0, 255).astype(np.uint8)
        )
        for _ in range(arguments.count)
    ]
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        signing = signer(Path(folder))
        for kind in FORMATS:
            bare, plain = seconds(Output(kind, provenance=False), pictures)
            marked, with_xmp = seconds(Output(kind), pictures)
            signed, with_signature = seconds(Output(kind, signer=signing), pictures)
            result[kind] = {
                "encoding, s": bare,
                "XMP, s more": marked - bare,
                "XMP and C2PA, s more": signed - bare,
                "bytes more": [len(with_xmp[0]) - len(plain[0]), len(with_signature[0]) - len(plain[0])],
                "pixels equal": all(
                    pixels(a) == pixels(b) == pixels(c) for a, b, c in zip(plain, with_xmp, with_signature, strict=True)
                ),
            }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
