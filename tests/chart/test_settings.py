"""What the chart renders, the programs read with their own models."""

from mofang_hub.config.settings import Settings
from mofang_hub.projects.models import NamespaceSettings


def test_the_hub_reads_its_settings(local_chart):
    settings = Settings.model_validate(
        local_chart.file("mofang-settings", "settings.yaml")
    )

    assert settings.platform_namespace == "mofang"
    assert settings.gateway.name == "mofang/mofang"
    assert settings.auth.allowed_users == ("ada", "ben")
    assert settings.auth.admin_users == ("admin",)
    assert settings.images["pytorch"].reference == "docker.io/mofang/pytorch:pytorch-1"


def test_the_hub_reads_oauth_settings(render, minimal):
    oauth = {"className": "github", "config": {"client_id": "x", "scope": ["user"]}}
    rendered = render(minimal, {"auth": {"method": "oauth", "oauth": oauth}})
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )

    assert settings.auth.oauth.class_name == "github"
    assert settings.auth.oauth.config == oauth["config"]


def test_a_slash_at_the_end_of_the_address_does_no_harm(render, minimal):
    rendered = render(minimal, {"publicUrl": "https://hub.example.org/"})
    settings = rendered.file("mofang-settings", "settings.yaml")
    assert settings["publicUrl"] == "https://hub.example.org"


def test_the_reconciler_reads_its_settings(local_chart):
    settings = NamespaceSettings.model_validate(
        local_chart.file("mofang-reconciler", "reconciler.yaml")
    )

    assert settings.platform_namespace == "mofang"
    assert settings.gateway_labels == {"istio": "ingressgateway"}
    assert settings.storage.persistent_volume == {
        "hostPath": {"path": "/data/$(category)"}
    }
    assert settings.egress.internet is True


def test_the_gateway_is_static_and_open_to_its_hosts(render, minimal):
    hosts = ["hub.example.org"]
    tls = {"secretName": "hub-tls"}
    rendered = render(minimal, {"gateway": {"hosts": hosts, "tls": tls}})

    spec = rendered.get("Gateway", "mofang")["spec"]
    assert spec["selector"] == {"istio": "ingressgateway"}
    http, https = spec["servers"]
    assert http["tls"] == {"httpsRedirect": True}
    assert https["tls"]["credentialName"] == "hub-tls"
    assert http["hosts"] == https["hosts"] == hosts
    # Servers' routes are the hub's to make; the chart has the service's alone.
    (service,) = rendered.of_kind("VirtualService")
    assert service["spec"]["hosts"] == hosts
    assert service["spec"]["http"][0]["match"] == [
        {"uri": {"prefix": "/services/training/"}}
    ]
