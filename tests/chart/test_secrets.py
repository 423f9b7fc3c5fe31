"""Secrets are in the Secret and nowhere else."""

import base64
import json
import re

import pytest

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


def digest(rendered):
    template = rendered.get("Deployment", "hub")["spec"]["template"]
    return template["metadata"]["annotations"]["checksum/secrets"]


def test_no_annotation_lets_passwords_be_tried(render, minimal):
    """A digest of values alone would; this one has a random key in it."""
    one, other = render(minimal), render(minimal)
    assert digest(one) != digest(other)
    for rendered in (one, other):
        for each in rendered.of_kind("Deployment"):
            annotations = each["spec"]["template"]["metadata"].get("annotations", {})
            assert set(annotations) <= {"checksum/settings", "checksum/secrets"}


def test_with_a_secret_of_ones_own_nothing_changes_between_renderings(render, minimal):
    """As Argo CD renders: the hub would start anew each time."""
    own = {
        "hub": {"existingSecret": "ours"},
        "auth": {"sharedPassword": {"userPassword": ""}},
    }
    assert digest(render(minimal, own)) == digest(render(minimal, own))


@pytest.mark.parametrize(
    ("auth", "said"),
    [
        pytest.param({"method": ""}, "auth.method says how people log in", id="none"),
        pytest.param(
            {"sharedPassword": {"acceptNoIsolation": False}},
            "anybody who knows the password is any user",
            id="one password for all",
        ),
    ],
)
def test_no_log_in_that_separates_nobody_without_a_word(auth, said, refusal, minimal):
    assert said in refusal(minimal, {"auth": auth})


def test_an_installation_without_values_chooses_no_log_in(refusal, minimal):
    without = {name: value for name, value in minimal.items() if name != "auth"}
    assert "auth.sharedPassword.acceptNoIsolation: true" in refusal(without)
