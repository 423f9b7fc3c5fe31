"""What an administrator adds to the hub, and the keys that the chart makes or finds."""

import base64

import pytest
import yaml

from mofang_hub.config.extension import Extension

OWN = {"auth": {"sharedPassword": {"userPassword": ""}}}
EXISTING = {"hub": {"existingSecret": "our-keys"}}
PUBLIC = {"publicUrl": "https://hub.example.org"}
OAUTH = {"auth": {"method": "oauth"}}


def extension(rendered) -> Extension:
    text = rendered.get("Secret", "mofang-hub-extension")["stringData"]
    return Extension.model_validate(yaml.safe_load(text["extension.yaml"]))


def hub_pod(rendered):
    return rendered.get("Deployment", "hub")["spec"]["template"]["spec"]


def files(rendered):
    """Keys of the hub's Secret that its pod asks for."""
    [volume] = [e for e in hub_pod(rendered)["volumes"] if e["name"] == "secrets"]
    secret = volume["secret"]
    return secret["secretName"], [each["key"] for each in secret["items"]]


def kept(rendered, key):
    data = rendered.get("Secret", "mofang-hub")["data"]
    return base64.b64decode(data[key]).decode()


def test_the_hub_reads_what_is_added(render, minimal):
    code = "c.JupyterHub.template_vars = {'a': \"b\"}\n\nif True:\n    pass\n"
    rendered = render(
        minimal,
        {
            "custom": {"site": "Ours"},
            "hub": {
                "config": {"JupyterHub": {"admin_access": False}},
                "extraConfig": {"10-ours.py": code, "20 with blanks": "x = 1"},
                "services": {"report": {"url": "http://report.tools.svc:80"}},
                "loadRoles": {"report": {"services": ["report"], "scopes": []}},
            },
        },
    )
    found = extension(rendered)

    assert found.config == {"JupyterHub": {"admin_access": False}}
    assert found.extra_config == {"10-ours.py": code, "20 with blanks": "x = 1"}
    assert found.services == {"report": {"url": "http://report.tools.svc:80"}}
    assert found.load_roles == {"report": {"services": ["report"], "scopes": []}}
    assert found.custom == {"site": "Ours"}


def test_a_change_of_it_restarts_the_hub_alone(render, minimal):
    change = {"hub": {"extraConfig": {"a": "x = 1"}}}

    def annotations(name, values):
        spec = render(minimal, values).get("Deployment", name)["spec"]
        return spec["template"]["metadata"]["annotations"]

    assert annotations("hub", {}) != annotations("hub", change)
    assert annotations("training", {}) == annotations("training", change)


def test_tokens_of_services_are_in_the_secret_alone(render, minimal):
    token = "a-token-that-was-given"
    rendered = render(
        minimal,
        {"hub": {"services": {"given": {"apiToken": token}, "made": {"admin": False}}}},
    )

    assert kept(rendered, "given-token") == token
    assert len(kept(rendered, "made-token")) == 48
    assert "api" not in str(extension(rendered).services)
    assert files(rendered)[1][-2:] == ["given-token", "made-token"]


@pytest.mark.parametrize(
    ("hub", "said"),
    [
        pytest.param(
            {"services": {"training": {}}},
            "hub.services.training has the name of Mofang's training service",
            id="the name of our own service",
        ),
        pytest.param(
            {"config": {"loadRoles": {}}},
            "hub.config.loadRoles is not the name of a class",
            id="no class",
        ),
        pytest.param(
            {"services": {"a": {"api_token": "12345678"}}},
            "a",
            id="a token in the open",
        ),
        pytest.param({"extraConfig": "x = 1"}, "extraConfig", id="without a name"),
    ],
)
def test_what_cannot_be_used_is_refused(refusal, minimal, hub, said):
    assert said in refusal(minimal, {"hub": hub})


# -- keys of one's own


def test_with_a_secret_of_ones_own_the_chart_makes_none(render, minimal):
    rendered = render(minimal, OWN, EXISTING)

    assert rendered.names("Secret") == ["mofang-hub-extension"]
    assert files(rendered) == (
        "our-keys",
        ["cookie-secret", "training-token", "user-password", "admin-password"],
    )
    for name in ("hub", "training"):
        pod = rendered.get("Deployment", name)["spec"]["template"]["spec"]
        for variable in pod["containers"][0]["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            assert reference is None or reference["name"] == "our-keys"


def test_rendered_twice_with_it_nothing_changes(render, minimal):
    """As Argo CD does every few minutes."""
    values = (minimal, OWN, EXISTING)
    assert render(*values).manifests == render(*values).manifests


def test_rendered_twice_without_it_the_keys_change_and_the_file_says_so(helm, minimal):
    first, second = helm(minimal).stdout, helm(minimal).stdout

    assert first != second
    assert "name a Secret of your own in hub.existingSecret" in " ".join(
        first.replace("#", " ").split()
    )


def test_every_generated_key_may_be_ones_own(render, minimal):
    """Nothing that the chart would make anew is left out of what it reads instead."""
    hub = {"services": {"report": {}}}
    made = set(render(minimal, {"hub": hub}).get("Secret", "mofang-hub")["data"])
    _, read = files(render(minimal, OWN, {"hub": hub | EXISTING["hub"]}))

    assert made == {*read, "crypt-key"}


def test_with_oauth_it_holds_the_clients_secret(render, minimal):
    _, keys = files(render(minimal, OWN, PUBLIC, OAUTH, EXISTING))
    assert keys == ["cookie-secret", "training-token", "oauth-client-secret"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        pytest.param(
            {"auth": {"sharedPassword": {"userPassword": "12345678"}}},
            "auth.sharedPassword.userPassword is not read, since hub.existingSecret "
            "names the Secret our-keys: put it there, as user-password.",
            id="a password",
        ),
        pytest.param(
            {"hub": {"services": {"report": {"apiToken": "12345678"}}}},
            "hub.services.report.apiToken is not read, since hub.existingSecret names "
            "the Secret our-keys: put it there, as report-token.",
            id="a token",
        ),
        pytest.param(
            {
                "hub": {
                    "db": {
                        "type": "postgres",
                        "url": "postgresql://hub@db/hub",
                        "password": "x",
                    }
                }
            },
            "put it there, as db-password.",
            id="the database's password",
        ),
    ],
)
def test_a_value_that_nobody_would_read_is_refused(refusal, minimal, values, said):
    assert said in refusal(minimal, OWN, EXISTING, values)


def test_the_notes_say_how_keys_are_kept(notes, minimal):
    assert "make new keys and log everybody out (set hub.existingSecret)" in notes(
        minimal
    )
    said = notes(minimal, OWN, EXISTING)
    assert "log everybody out" not in said
    assert (
        "the Secret our-keys has the keys: crypt-key, cookie-secret, training-token, "
        "user-password, admin-password"
    ) in said
