"""JupyterHub's database: a file on a volume, PostgreSQL, or any other."""

import base64
import json

import pytest

from mofang_hub.settings import Settings

PASSWORD = "a-password-of-postgres"
POSTGRES = {
    "hub": {
        "db": {
            "type": "postgres",
            "url": "postgresql://mofang@db.example.org:5432/mofang",
            "password": PASSWORD,
        }
    }
}


def settings(rendered):
    return Settings.model_validate(rendered.file("mofang-settings", "settings.yaml"))


def hub_pod(rendered):
    return rendered.get("Deployment", "hub")["spec"]["template"]["spec"]


def test_by_default_it_is_a_file_on_a_volume(chart):
    assert settings(chart).database.url == (
        "sqlite:////srv/mofang/hub/jupyterhub.sqlite"
    )
    assert "mofang-hub" in chart.names("PersistentVolumeClaim")


def test_the_volume_is_what_is_asked_for(render, minimal):
    pvc = {
        "storage": "5Gi",
        "storageClassName": "fast",
        "accessModes": ["ReadWriteOncePod"],
        "annotations": {"example.org/backup": "daily"},
    }
    claim = render(minimal, {"hub": {"db": {"pvc": pvc}}}).get(
        "PersistentVolumeClaim", "mofang-hub"
    )
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    assert claim["metadata"]["annotations"]["example.org/backup"] == "daily"


def test_postgres_needs_no_volume(render, minimal):
    rendered = render(minimal, POSTGRES)

    assert settings(rendered).database.type == "postgres"
    assert settings(rendered).database.url == POSTGRES["hub"]["db"]["url"]
    assert rendered.names("PersistentVolumeClaim") == [
        "mofang-logs",
        "mofang-storage-root",
    ]
    [volume] = [e for e in hub_pod(rendered)["volumes"] if e["name"] == "database"]
    assert "emptyDir" in volume


def test_the_password_is_in_the_secret_alone(render, minimal):
    rendered = render(minimal, POSTGRES)
    data = rendered.get("Secret", "mofang-hub")["data"]

    assert base64.b64decode(data["db-password"]).decode() == PASSWORD
    others = json.dumps([e for e in rendered.manifests if e["kind"] != "Secret"])
    assert PASSWORD not in others
    [variable] = [
        each
        for each in hub_pod(rendered)["containers"][0]["env"]
        if each["name"] == "PGPASSWORD"
    ]
    reference = {"name": "mofang-hub", "key": "db-password", "optional": True}
    assert variable["valueFrom"]["secretKeyRef"] == reference


def test_any_other_url_is_in_the_secret_alone(render, minimal):
    url = "mysql+pymysql://mofang:secret@db.example.org/mofang"
    rendered = render(minimal, {"hub": {"db": {"type": "url", "url": url}}})

    data = rendered.get("Secret", "mofang-hub")["data"]
    assert base64.b64decode(data["db-url"]).decode() == url
    others = json.dumps([e for e in rendered.manifests if e["kind"] != "Secret"])
    assert "db.example.org" not in others
    [volume] = [e for e in hub_pod(rendered)["volumes"] if e["name"] == "secrets"]
    assert {"key": "db-url", "path": "db-url"} in volume["secret"]["items"]


def test_a_changed_password_restarts_the_hub(render, minimal):
    def annotations(password):
        changed = {"hub": {"db": {"password": password}}}
        spec = render(minimal, POSTGRES, changed).get("Deployment", "hub")["spec"]
        return spec["template"]["metadata"]["annotations"]

    assert annotations("one") != annotations("another")


@pytest.mark.parametrize(
    ("db", "said"),
    [
        pytest.param({"type": "mysql"}, "type", id="an unknown type"),
        pytest.param(
            {"type": "postgres"},
            "hub.db.type is postgres: name the server in hub.db.url",
            id="no address",
        ),
        pytest.param(
            {"type": "postgres", "url": "mysql://hub@db/hub"},
            "hub.db.type is postgres: name the server in hub.db.url",
            id="another database's address",
        ),
        pytest.param(
            {"type": "postgres", "url": "postgresql://hub:pw@db/hub"},
            "hub.db.url holds a password, and a ConfigMap would show it",
            id="a password in the open",
        ),
        pytest.param(
            {"type": "postgres", "url": "postgresql://hub@db/hub?password=pw"},
            "hub.db.url holds a password",
            id="a password as a parameter",
        ),
        pytest.param(
            {"type": "url"}, "hub.db.type is url: name SQLAlchemy's URL", id="no URL"
        ),
        pytest.param(
            {"url": "postgresql://hub@db/hub"},
            "are not read where hub.db.type is sqlite",
            id="an address that nobody reads",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(refusal, minimal, db, said):
    assert said in refusal(minimal, {"hub": {"db": db}})
