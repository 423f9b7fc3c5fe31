"""The cluster's certificates and kubeconfigs, made once per state folder."""

import base64
import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mofang_local.files import is_written, write_private

_CA_USAGE = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)
VALID = datetime.timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A certificate to make: who, in which groups, reachable as what."""

    file: str
    """Name of the files ``<file>.crt`` and ``<file>.key``."""
    name: str
    organization: str | None = None
    hosts: tuple[str, ...] = ()
    """DNS names and addresses it may serve as."""


def _name(identity: Identity) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, identity.name)]
    if identity.organization:
        parts.append(
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, identity.organization)
        )
    return x509.Name(parts)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    write_private(
        path,
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def is_strict(folder: Path) -> bool:
    """Whether there are certificates that pass RFC 5280's strict rules.

    Python 3.13 applies them by default; earlier launchers left key identifiers out.
    """
    path = folder / "ca.crt"
    if not is_written(path):
        return False
    found = x509.load_pem_x509_certificate(path.read_bytes())
    return any(each.oid == x509.SubjectKeyIdentifier.oid for each in found.extensions)


class Authority:
    """The cluster's own certificate authority, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._subject = x509.Name(
            [x509.NameAttribute(NameOID.COMMON_NAME, "mofang-local")]
        )
        if not is_strict(folder):
            for outdated in folder.glob("*.crt"):
                outdated.unlink()
            key = ec.generate_private_key(ec.SECP256R1())
            _private(folder / "ca.key", key)
            signed = (
                self._builder(self._subject, key.public_key())
                .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
                .add_extension(_CA_USAGE, True)
                .add_extension(
                    x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
                )
                .sign(key, hashes.SHA256())
            )
            write_private(
                self.certificate, signed.public_bytes(serialization.Encoding.PEM)
            )

    @property
    def certificate(self) -> Path:
        return self._folder / "ca.crt"

    def _key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(
            (self._folder / "ca.key").read_bytes(), None
        )
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("ca.key is not of the kind this launcher makes")
        return key

    def _builder(
        self, subject: x509.Name, public: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + VALID)
        )

    def issue(self, identity: Identity) -> None:
        """Make the certificate and key unless they are there."""
        target = self._folder / f"{identity.file}.crt"
        if is_written(target):
            return
        key = ec.generate_private_key(ec.SECP256R1())
        _private(self._folder / f"{identity.file}.key", key)
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        authority = self._key()
        builder = (
            self._builder(_name(identity), key.public_key())
            .add_extension(x509.ExtendedKeyUsage(usages), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    authority.public_key()
                ),
                False,
            )
        )
        if identity.hosts:
            names = [_alternative(host) for host in identity.hosts]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), False)
        signed = builder.sign(authority, hashes.SHA256())
        write_private(target, signed.public_bytes(serialization.Encoding.PEM))

    def service_account_key(self) -> None:
        """The key pair that signs service-account tokens."""
        if is_written(self._folder / "sa.pub"):
            return
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        _private(self._folder / "sa.key", key)
        write_private(
            self._folder / "sa.pub",
            key.public_key().public_bytes(
                serialization.Encoding.PEM,
                serialization.PublicFormat.SubjectPublicKeyInfo,
            ),
        )

    def kubeconfig(self, identity: Identity, server: str, path: Path) -> None:
        """Write a kubeconfig with the identity's certificate inside.

        Args:
            identity: Common name and groups of the client certificate.
            server: URL of the API server.
            path: File to write, private to root.
        """
        self.issue(identity)

        def data(name: str) -> str:
            return base64.b64encode((self._folder / name).read_bytes()).decode()

        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "mofang-local",
                    "cluster": {
                        "server": server,
                        "certificate-authority-data": data("ca.crt"),
                    },
                }
            ],
            "users": [
                {
                    "name": identity.file,
                    "user": {
                        "client-certificate-data": data(f"{identity.file}.crt"),
                        "client-key-data": data(f"{identity.file}.key"),
                    },
                }
            ],
            "contexts": [
                {
                    "name": "mofang-local",
                    "context": {"cluster": "mofang-local", "user": identity.file},
                }
            ],
            "current-context": "mofang-local",
        }
        write_private(path, yaml.safe_dump(config))
