"""A certificate authority of a test, and what trusts it."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

AUTHORITY, SERVER = (
    x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("authority", "server")
)


class Authority:
    """Signs certificates for any name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        own = _builder(AUTHORITY, self._key).add_extension(x509.BasicConstraints(True, None), True)
        self._certificate = own.sign(self._key, hashes.SHA256())

    def trusting(self) -> ssl.SSLContext:
        """For a client that trusts this authority alone."""
        tls = ssl.create_default_context(cadata=_pem(self._certificate).decode())
        tls.set_alpn_protocols(["http/1.1"])
        return tls

    def server(self, *names: str) -> ssl.SSLContext:
        """For a server with a certificate for these names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.SubjectAlternativeName([_general_name(name) for name in names])
        signed = (
            _builder(SERVER, key).add_extension(subject, False).sign(self._key, hashes.SHA256())
        )
        path = self._folder / f"{'+'.join(names)}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + _pem(signed))
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(path)
        return tls


def _builder(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(AUTHORITY)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
