import pytest
from traitlets.config import Config
from unit.hub_config.conftest import SECRETS, settings_file

from mofang_hub.config.configure import configure
from mofang_hub.settings import Secrets, Settings
from mofang_spawner.spawner import MofangSpawner
from mofang_spawner.trait_validation import validate_traits


@pytest.fixture
def c(settings, secrets):
    c = Config()
    configure(c, settings, secrets)
    return c


def test_servers_outlive_the_hub(c):
    assert c.JupyterHub.cleanup_servers is False


def test_metrics_ask_for_a_token(c):
    """The gateway leads everybody to /hub/metrics."""
    assert c.JupyterHub.authenticate_prometheus is True


def test_a_database_of_an_older_jupyterhub_is_migrated(c):
    """Otherwise the hub exits, and asks for a command that nobody can run in it."""
    assert c.JupyterHub.upgrade_db is True


def test_failures_in_a_row_do_not_end_the_hub(c):
    """One broken image must not take the hub from everybody."""
    assert c.Spawner.consecutive_failure_limit == 0


def test_routes_are_istios_and_no_other_proxy_runs(c):
    assert c.JupyterHub.proxy_class == "mofang_hub.routes.proxy.IstioProxy"
    assert c.IstioProxy.gateway == "mofang/mofang"
    assert c.IstioProxy.gateway_namespace == "istio-ingress"
    assert c.IstioProxy.hosts == ["mofang.example.org"]
    assert c.IstioProxy.probe_url == "http://gateway.istio-ingress.svc"
    assert "ConfigurableHTTPProxy" not in c


def test_all_servers_share_one_context(c):
    """A function, which traitlets does not copy for each server."""
    assert c.MofangSpawner.context() is c.MofangSpawner.context()


def test_the_context_knows_service_and_limit(c):
    context = c.MofangSpawner.context()

    assert context.training_url == "http://training.mofang.svc:8080/services/training"
    assert context.limit_per_user == 5
    assert context.images == {}


def test_the_settings_reach_the_spawner(secrets):
    singleuser = {"startTimeout": 30, "queueTimeout": 3600, "limitPerUser": 0}
    c = Config()
    images = {"ray": {"reference": "docker.io/mofang/ray:1"}}
    said = settings_file(singleuser=singleuser, images=images)
    configure(c, Settings.model_validate(said), secrets)

    # JupyterHub's clock has the time in the queue in it.
    assert c.MofangSpawner.start_timeout == 3630
    assert c.MofangSpawner.queue_timeout == 3600
    assert c.MofangSpawner.context().limit_per_user == 0
    assert c.MofangSpawner.context().images == {"ray": "docker.io/mofang/ray:1"}


@pytest.mark.parametrize(
    ("said", "url"),
    [
        (
            {"staticFiles": True, "hostPerUser": True},
            "https://mofang.example.org/static",
        ),
        ({"staticFiles": True, "hostPerUser": False}, "/static"),
        ({}, ""),
    ],
    ids=["a host per user", "one origin", "none"],
)
def test_servers_are_told_where_static_files_are(secrets, said, url):
    c = Config()
    configure(c, Settings.model_validate(settings_file(**said)), secrets)

    assert c.MofangSpawner.context().static_url == url
    assert c.JupyterHub.template_vars["mofang_static_url"] == url
    # As the hub does when it starts.
    validate_traits(c)


def test_nothing_of_the_hubs_environment_reaches_a_server(c):
    assert c.MofangSpawner.env_keep == []


def test_every_trait_exists_that_is_set(c):
    """Traitlets only warns of a misspelt trait."""
    known = MofangSpawner.class_traits(config=True)

    assert set(c.MofangSpawner) <= set(known)


def test_the_hub_is_known_by_its_public_address(c):
    assert c.JupyterHub.public_url == "https://mofang.example.org/"
    assert c.JupyterHub.hub_connect_url == "http://hub.mofang.svc:8081"


def test_each_user_has_a_host_and_cookies_are_bound_to_theirs(c):
    """Otherwise any user's server acts in the hub as whoever opens its page."""
    assert c.JupyterHub.subdomain_host == "https://mofang.example.org"
    assert c.JupyterHub.cookie_host_prefix_enabled is True
    assert c.IstioProxy.hub_url == "http://hub.mofang.svc:8081"


def test_without_tls_no_cookie_is_bound_by_its_name(secrets):
    """Browsers refuse such a cookie that did not come by TLS: nobody could log in."""
    c = Config()
    changed = settings_file(publicUrl="http://mofang.localhost:8080")
    configure(c, Settings.model_validate(changed), secrets)

    assert c.JupyterHub.subdomain_host == "http://mofang.localhost:8080"
    assert c.JupyterHub.cookie_host_prefix_enabled is False


def test_one_origin_for_everything_is_what_the_chart_says(secrets):
    c = Config()
    configure(c, Settings.model_validate(settings_file(hostPerUser=False)), secrets)

    assert "subdomain_host" not in c.JupyterHub


def test_secrets_come_from_their_files(c):
    assert c.JupyterHub.cookie_secret == bytes.fromhex(SECRETS["cookie-secret"])
    (service,) = c.JupyterHub.services
    assert service["api_token"] == SECRETS["training-token"]


def test_no_secret_is_in_the_settings_or_the_pages(c, settings):
    """Settings are a ConfigMap, and template variables are anybody's."""
    shown = settings.model_dump_json() + str(c.JupyterHub.template_vars)
    shown += str(c.MofangSpawner)

    assert not [value for value in SECRETS.values() if value in shown]


def test_without_secrets_nothing_is_made_up(settings, tmp_path, monkeypatch):
    monkeypatch.delenv("MOFANG_TRAINING_TOKEN", raising=False)
    c = Config()
    configure(c, settings, Secrets(tmp_path))

    assert "cookie_secret" not in c.JupyterHub
    assert "services" not in c.JupyterHub


def test_the_clusters_domain_and_the_services_names_are_what_the_chart_says(secrets):
    said = settings_file(
        clusterDomain="k8s.example.org", hubService="ml-hub", trainingService="ml-t"
    )
    c = Config()
    configure(c, Settings.model_validate(said), secrets)

    assert c.IstioProxy.cluster_domain == "k8s.example.org"
    host = "{name}.{namespace}.svc.k8s.example.org"
    assert c.MofangSpawner.dns_name_template == host
    assert c.JupyterHub.hub_connect_url == "http://ml-hub.mofang.svc:8081"
    training = "http://ml-t.mofang.svc:8080/services/training"
    assert c.MofangSpawner.context().training_url == training
    assert c.JupyterHub.tornado_settings["mofang_training_url"] == training


def test_limits_and_debugging_are_what_the_chart_says(secrets):
    said = settings_file(concurrentSpawnLimit=7, activeServerLimit=90, debug=True)
    c = Config()
    configure(c, Settings.model_validate(said), secrets)

    assert c.JupyterHub.concurrent_spawn_limit == 7
    assert c.JupyterHub.active_server_limit == 90
    assert c.JupyterHub.log_level == "DEBUG"
