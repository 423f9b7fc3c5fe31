"""kubeadm as far as ``mofang_local.pki`` asks it, without a program.

Like kubeadm, it leaves alone what is there.
"""

import base64
import datetime
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mofang_local.pki import Kubeadm

LEAVES = {
    "apiserver": "ca",
    "apiserver-kubelet-client": "ca",
    "front-proxy-client": "front-proxy-ca",
    "apiserver-etcd-client": "etcd/ca",
    "etcd/server": "etcd/ca",
}
PEM = serialization.Encoding.PEM
NOW = datetime.datetime.now(datetime.UTC)


def private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )


def signed(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    days: int,
    issuer: tuple[x509.Name, ec.EllipticCurvePrivateKey] | None = None,
) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    by, by_key = issuer or (subject, key)
    usage = dict.fromkeys(
        [
            "digital_signature",
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ],
        False,
    )
    usage["digital_signature" if issuer else "key_cert_sign"] = True
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(minutes=5))
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(issuer is None, None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        .sign(by_key, hashes.SHA256())
    )
    return certificate.public_bytes(PEM)


def authority(folder: Path, name: str) -> tuple[x509.Name, ec.EllipticCurvePrivateKey]:
    certificate = x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())
    key = serialization.load_pem_private_key(
        (folder / f"{name}.key").read_bytes(), None
    )
    return certificate.subject, key


def make_certificates(folder: Path, days: int) -> None:
    (folder / "etcd").mkdir(parents=True, exist_ok=True)
    for name in (*LEAVES.values(), *LEAVES):
        path = folder / f"{name}.crt"
        if path.exists():
            continue
        key = ec.generate_private_key(ec.SECP256R1())
        of = LEAVES.get(name)
        issuer = authority(folder, of) if of else None
        path.with_suffix(".key").write_bytes(private(key))
        path.write_bytes(signed(name, key, days if of else 3650, issuer))
    if not (folder / "sa.key").exists():
        key = ec.generate_private_key(ec.SECP256R1())
        (folder / "sa.key").write_bytes(private(key))
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        (folder / "sa.pub").write_bytes(key.public_key().public_bytes(PEM, form))


def kubeconfig(folder: Path, name: str, days: int) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = signed(name, key, days, authority(folder, "ca"))
    user = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(private(key)).decode(),
    }
    return yaml.safe_dump({"users": [{"name": name, "user": user}]})


class FakeKubeadm(Kubeadm):
    """Makes certificates that last ``days``; ``calls`` has what it was asked."""

    def __init__(self, days: int = 365) -> None:
        self.days = days
        self.calls: list[tuple[str, ...]] = []

    def run(self, configuration: str, *arguments: str) -> str:
        self.calls.append(arguments)
        _, cluster = yaml.safe_load_all(configuration)
        folder = Path(cluster["certificatesDir"])
        options = dict(each.split("=", 1) for each in arguments if "=" in each)
        match arguments:
            case ("init", "phase", "certs", "all"):
                make_certificates(folder, self.days)
                return ""
            case ("init", "phase", "kubeconfig", name, _):
                path = Path(options["--kubeconfig-dir"]) / f"{name}.conf"
                path.write_text(kubeconfig(folder, name, self.days))
                return ""
            case ("kubeconfig", "user", *_):
                return kubeconfig(folder, options["--client-name"], self.days)
        raise AssertionError(f"kubeadm was asked for {arguments}")
