"""Secrets are in the Secret and nowhere else."""

import base64
import json
import re

USER = "a-password-of-users"
ADMIN = "a-password-of-admins-that-is-long-enough"
CLIENT = "a-secret-of-the-oauth-client"


def decoded(secret, key):
    return base64.b64decode(secret["data"][key]).decode()


def test_passwords_are_in_the_secret_alone(render, minimal):
    shared = {"userPassword": USER, "adminPassword": ADMIN}
    rendered = render(
        minimal,
        {"auth": {"sharedPassword": shared, "oauth": {"clientSecret": CLIENT}}},
    )

    secret = rendered.get("Secret", "mofang-hub")
    assert decoded(secret, "user-password") == USER
    assert decoded(secret, "admin-password") == ADMIN
    assert decoded(secret, "oauth-client-secret") == CLIENT
    others = json.dumps([e for e in rendered.manifests if e["kind"] != "Secret"])
    for word in (USER, ADMIN, CLIENT):
        assert word not in others
        assert base64.b64encode(word.encode()).decode() not in others


def test_no_pod_gets_a_secret_as_a_plain_variable(chart):
    for deployment in chart.of_kind("Deployment"):
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            for variable in container.get("env", []):
                if re.search("KEY|TOKEN|SECRET|PASSWORD", variable["name"]):
                    assert "value" not in variable


def test_keys_have_the_form_that_jupyterhub_reads(chart):
    secret = chart.get("Secret", "mofang-hub")
    for key in ("cookie-secret", "crypt-key"):
        assert re.fullmatch("[0-9a-f]{64}", decoded(secret, key))
    assert len(decoded(secret, "training-token")) == 48


def test_passwords_are_made_where_none_is_given(chart):
    """The shared-password authenticator asks for 8 and 32 characters."""
    secret = chart.get("Secret", "mofang-hub")
    assert decoded(secret, "user-password") == "a secret of users"
    assert len(decoded(secret, "admin-password")) >= 32


def test_oauth_has_no_shared_passwords(render, minimal):
    public = {"publicUrl": "https://hub.example.org"}
    rendered = render(minimal, public, {"auth": {"method": "oauth"}})
    assert not {"user-password", "admin-password"} & set(
        rendered.get("Secret", "mofang-hub")["data"]
    )
