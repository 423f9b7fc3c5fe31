"""What a server is told of the platform by variables."""

import pytest
from kubespawner import KubeSpawner

from mofang_api.static_files import URL_VARIABLE
from mofang_spawner.spawner import MofangSpawner


@pytest.mark.parametrize("url", ["https://mofang.example.org/static", ""])
def test_a_server_knows_the_address_of_static_files(
    spawner, context, monkeypatch, url
) -> None:
    context.static_url = url
    monkeypatch.setattr(KubeSpawner, "get_env", lambda _: {"JUPYTERHUB_USER": "ada"})

    found = MofangSpawner.get_env(spawner)

    assert found.pop(URL_VARIABLE, "") == url
    assert found == {"JUPYTERHUB_USER": "ada"}
