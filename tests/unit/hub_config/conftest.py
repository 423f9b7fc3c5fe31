import pytest

from mofang_hub.settings import Secrets, Settings

SECRETS = {
    "cookie-secret": "ab" * 32,
    "training-token": "training-token-very-private",
    "user-password": "user-password-very-private",
    "admin-password": "admin-password-very-private-and-long",
    "oauth-client-secret": "client-secret-very-private",
}


def settings_file(**changes):
    return {
        "platformNamespace": "mofang",
        "publicUrl": "https://mofang.example.org",
        "hostPerUser": True,
        "gateway": {
            "name": "mofang/mofang",
            "namespace": "istio-ingress",
            "hosts": ["mofang.example.org"],
            "probeUrl": "http://gateway.istio-ingress.svc",
        },
        "auth": {"method": "shared-password", "adminUsers": ["root"]},
        **changes,
    }


@pytest.fixture
def settings():
    return Settings.model_validate(settings_file())


@pytest.fixture
def secrets(tmp_path):
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{value}\n")
    return Secrets(tmp_path)
