"""What the chart renders, the programs read with their own models."""

import pytest

from mofang_hub.routes.builder import USER_HOST_PREFIX, VirtualServiceBuilder
from mofang_hub.routes.models import Route
from mofang_hub.settings import Settings
from mofang_projects.settings import NamespaceSettings

PUBLIC = {"publicUrl": "https://hub.example.org"}


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
    rendered = render(minimal, PUBLIC, {"auth": {"method": "oauth", "oauth": oauth}})
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
    assert settings.storage.type == "plain"


def test_quotas_and_snapshots_reach_the_reconciler(render, minimal):
    quotas = {
        "home": {"storage": "50Gi", "files": 500000},
        "users": {"ada": {"storage": "200Gi"}},
    }
    storage = {"type": "cephfs", "quotas": quotas, "snapshots": {"hourly": 3}}
    rendered = render(minimal, {"storage": storage})
    found = NamespaceSettings.model_validate(
        rendered.file("mofang-reconciler", "reconciler.yaml")
    ).storage

    assert found.type == "cephfs"
    assert found.quotas.home.quota.bytes == 50 * 2**30
    assert found.quotas.users["ada"].storage == "200Gi"
    assert (found.snapshots.hourly, found.snapshots.daily) == (3, 14)


def test_each_user_has_a_host_below_the_hubs(render, minimal):
    tls = {"secretName": "hub-tls"}
    rendered = render(minimal, PUBLIC, {"gateway": {"tls": tls}})

    spec = rendered.get("Gateway", "mofang")["spec"]
    assert spec["selector"] == {"istio": "ingressgateway"}
    http, https = spec["servers"]
    assert http["tls"] == {"httpsRedirect": True}
    assert https["tls"]["credentialName"] == "hub-tls"
    assert http["hosts"] == https["hosts"] == ["hub.example.org", "*.hub.example.org"]
    # Servers' routes are the hub's to make.
    assert rendered.names("VirtualService") == ["static", "training", "user-hosts"]
    settings = rendered.file("mofang-settings", "settings.yaml")
    assert settings["hostPerUser"] is True
    assert settings["gateway"]["hosts"] == ["hub.example.org"]
    # The hub asks as people do: plain requests are redirected.
    assert settings["gateway"]["probeUrl"].startswith("https://istio-ingressgateway.")


def test_services_answer_on_the_hubs_host_alone(render, minimal):
    spec = render(minimal, PUBLIC).get("VirtualService", "training")["spec"]

    assert spec["hosts"] == ["hub.example.org"]
    assert spec["http"][-1]["match"] == [{"uri": {"prefix": "/services/training/"}}]


def test_on_hosts_without_a_server_the_hub_answers_as_on_those_with_one(
    render, minimal
):
    """No page of the hub is ever shown on a user's host."""
    rendered = render(minimal, PUBLIC)

    spec = rendered.get("VirtualService", "user-hosts")["spec"]

    assert spec["hosts"] == ["*.hub.example.org"]
    builder = VirtualServiceBuilder(
        namespace="mofang",
        gateway="mofang/mofang",
        gateway_namespace="istio-system",
        hub_url="http://hub.mofang.svc:8081",
    )
    route = Route(routespec="a.hub.example.org/user/a/", target="http://a.b.svc:1")
    assert spec["http"] == builder.build(route)["spec"]["http"][-1:]
    (redirect,) = spec["http"]
    assert redirect["rewrite"] == {"uri": USER_HOST_PREFIX}


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://hub.example.org", ("https", "hub.example.org", 443)),
        ("http://mofang.localhost:8080/", ("http", "mofang.localhost", 8080)),
    ],
)
def test_further_hosts_are_redirected_if_asked_for(render, minimal, url, target):
    values = {"publicUrl": url, "gateway": {"redirectHosts": ["*"]}}
    rendered = render(minimal, values)

    spec = rendered.get("VirtualService", "redirect")["spec"]

    assert spec["hosts"] == ["*"]
    scheme, host, port = target
    (rule,) = spec["http"]
    assert rule["redirect"] == {
        "scheme": scheme,
        "authority": host,
        "port": port,
        "redirectCode": 302,
    }
    (server,) = rendered.get("Gateway", "mofang")["spec"]["servers"]
    assert server["hosts"] == ["*"]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"publicUrl": "http://127.0.0.1:8080"},
        {"publicUrl": "http://localhost:8080"},
        {"publicUrl": "http://[::1]:8080"},
        {**PUBLIC, "acceptSharedOrigin": True},
    ],
    ids=str,
)
def test_without_a_name_or_as_accepted_all_is_on_one_host(render, minimal, values):
    settings = render(minimal, values).file("mofang-settings", "settings.yaml")

    assert settings["hostPerUser"] is False


@pytest.mark.parametrize("values", [{}, {"publicUrl": "https://192.0.2.1"}], ids=str)
def test_oauth_needs_a_host_per_user(refusal, minimal, values):
    message = refusal(minimal, values, {"auth": {"method": "oauth"}})

    assert "Log-in by oauth needs a host per user" in message
    assert "acceptSharedOrigin: true" in message


def test_oauth_on_one_origin_may_be_accepted(render, minimal):
    accepted = {"auth": {"method": "oauth"}, "acceptSharedOrigin": True}

    settings = render(minimal, accepted).file("mofang-settings", "settings.yaml")

    assert settings["hostPerUser"] is False


def test_clients_of_hdfs_are_those_of_servers_and_jobs(render, minimal):
    hdfs = {"coreSite": {"fs.defaultFS": "hdfs://a:8020"}}
    rendered = render(minimal, {"hdfs": hdfs})
    settings = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    )

    for found in (settings.singleuser.hdfs, settings.jobs.hdfs):
        assert found.core_site == hdfs["coreSite"]
        assert set(found.files) == {"core-site.xml", "hdfs-site.xml"}


def test_rules_for_idle_servers_reach_the_hub_and_are_a_dry_run_at_first(
    render, minimal
):
    rule = {"idleMinutes": 30, "dryRun": False}
    rendered = render(minimal, {"culling": {"environments": {"pytorch": rule}}})
    culling = Settings.model_validate(
        rendered.file("mofang-settings", "settings.yaml")
    ).culling

    assert (culling.enabled, culling.dry_run) == (True, True)
    assert culling.environments["pytorch"].idle_minutes == 30
    assert culling.environments["pytorch"].dry_run is False
    assert culling.environments["pytorch"].notice_minutes is None
