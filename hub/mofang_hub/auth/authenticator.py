"""Log-in: a shared password for trials, OAuth and OIDC for everything else."""

from typing import Any

from mofang_hub.auth.shared_password import SharedPassword
from mofang_hub.settings import Secrets, Settings


def configure_authenticator(c: Any, settings: Settings, secrets: Secrets) -> None:
    """Choose and configure the authenticator.

    Args:
        c: JupyterHub's configuration object; changed.
        settings: Of the chart.
        secrets: Of the mounted Secret.
    """
    auth = settings.auth
    c.Authenticator.admin_users = set(auth.admin_users)
    c.Authenticator.allowed_users = set(auth.allowed_users)
    match auth.method:
        case "shared-password":
            c.JupyterHub.authenticator_class = SharedPassword
            c.SharedPasswordAuthenticator.user_password = secrets.get("user-password")
            c.SharedPasswordAuthenticator.admin_password = secrets.get("admin-password")
        case "oauth":
            c.JupyterHub.authenticator_class = auth.oauth.class_name
            c.Authenticator.manage_groups = True
            c.Authenticator.enable_auth_state = True
            for name, value in auth.oauth.config.items():
                setattr(c.OAuthenticator, name, value)
            c.OAuthenticator.client_secret = secrets.get("oauth-client-secret")
