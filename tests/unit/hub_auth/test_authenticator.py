import pytest
from oauthenticator.generic import GenericOAuthenticator
from traitlets.config import Config
from unit.hub_config.conftest import SECRETS, settings_file

from mofang_hub.auth.authenticator import configure_authenticator
from mofang_hub.auth.shared_password import SharedPassword
from mofang_hub.settings import Secrets, Settings

OAUTH = {
    "method": "oauth",
    "adminUsers": ["root"],
    "allowedUsers": ["ada"],
    "oauth": {"config": {"client_id": "mofang", "username_claim": "sub"}},
}


@pytest.fixture
def secrets(tmp_path):
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(value)
    return Secrets(tmp_path)


def configured(auth, secrets):
    c = Config()
    settings = Settings.model_validate(settings_file(auth=auth))
    configure_authenticator(c, settings, secrets)
    return c


def test_a_shared_password_for_trials(secrets):
    c = configured({"method": "shared-password", "allowedUsers": ["ada"]}, secrets)
    authenticator = SharedPassword(config=c)

    assert c.JupyterHub.authenticator_class is SharedPassword
    assert authenticator.user_password == SECRETS["user-password"]
    assert authenticator.admin_password == SECRETS["admin-password"]
    assert authenticator.allowed_users == {"ada"}


async def test_without_a_password_nobody_gets_in(tmp_path):
    """A Secret that was forgotten is no open door."""
    auth = {
        "method": "shared-password",
        "allowedUsers": ["ada"],
        "adminUsers": ["root"],
    }
    c = configured(auth, Secrets(tmp_path))
    authenticator = SharedPassword(config=c)

    for name in ("ada", "root"):
        tried = {"username": name, "password": ""}
        assert await authenticator.authenticate(None, tried) is None


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({"password": "é"}, id="a password of other letters"),
        pytest.param({"password": "\ud800"}, id="half a character"),
        pytest.param({}, id="no password"),
    ],
)
async def test_an_odd_password_is_a_wrong_one(secrets, form):
    authenticator = SharedPassword(
        config=configured({"method": "shared-password"}, secrets)
    )

    for name in ("ada", "root"):
        assert (
            await authenticator.authenticate(None, {"username": name, **form}) is None
        )


def test_an_identity_provider_gives_names_and_groups(secrets):
    c = configured(OAUTH, secrets)
    authenticator = GenericOAuthenticator(config=c)

    assert c.JupyterHub.authenticator_class == "generic-oauth"
    assert authenticator.manage_groups is True
    assert authenticator.client_id == "mofang"
    assert authenticator.client_secret == SECRETS["oauth-client-secret"]
    assert authenticator.username_claim == "sub"
    assert authenticator.admin_users == {"root"}


def test_the_clients_secret_comes_from_the_secret_alone(secrets):
    """A secret in the settings would be in a ConfigMap; it does not count."""
    auth = {**OAUTH, "oauth": {"config": {"client_secret": "in the open"}}}

    c = configured(auth, secrets)

    assert c.OAuthenticator.client_secret == SECRETS["oauth-client-secret"]


@pytest.mark.parametrize("auth", [{"method": "shared-password"}, {"method": "oauth"}])
def test_nobody_is_allowed_who_was_not_named(auth, secrets):
    c = configured(auth, secrets)

    assert "allow_all" not in c.Authenticator
    assert c.Authenticator.allowed_users == set()
