"""Certificates to sign pictures with, in tests alone."""

import datetime
from pathlib import Path
from typing import Any

import pytest


def signing_files(folder: Path) -> tuple[Path, Path]:
    """A chain of certificates and its key, as C2PA asks for them, and a key of another, other.pem."""
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

    (folder / "cert.pem").write_bytes(certificate("Test Shop", ours, False) + certificate("Test Authority", theirs, True))
    for name, key in (("key.pem", ours), ("other.pem", theirs)):
        form = serialization.PrivateFormat.PKCS8
        (folder / name).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"
