import pytest

from mofang_hub.auth.scopes import (
    ADMIN_SCOPES,
    CUSTOM_SCOPES,
    USAGE_READ,
    load_roles,
    server_token_scopes,
)


def role(name):
    (found,) = (each for each in load_roles() if each["name"] == name)
    return found


def test_our_scopes_are_named_as_the_interface_says():
    assert set(CUSTOM_SCOPES) == {
        "custom:mofang:jobs:read",
        "custom:mofang:jobs:write",
        "custom:mofang:shell",
        "custom:mofang:home:snapshot",
        "custom:mofang:project:clean",
        "custom:mofang:environments:write",
        "custom:mofang:environments:approve",
        "custom:mofang:servers:resize",
        "custom:mofang:audit",
        "custom:mofang:usage:read",
        "custom:mofang:usage:all",
    }


def test_who_writes_jobs_reads_them():
    assert CUSTOM_SCOPES["custom:mofang:jobs:write"]["subscopes"] == [
        "custom:mofang:jobs:read"
    ]


@pytest.mark.parametrize("name", CUSTOM_SCOPES)
def test_a_scope_says_what_it_is_for(name):
    """People read it when a program asks for it."""
    assert CUSTOM_SCOPES[name]["description"]


def test_a_servers_token_may_do_what_its_extensions_do():
    """Code in a server must not read what others of its owner's projects use."""
    assert set(server_token_scopes()) == {
        "users:activity!user",
        "access:servers!server",
        "read:servers!server",
        "access:services!service=training",
        "read:users:groups!user",
        *(set(CUSTOM_SCOPES) - {*ADMIN_SCOPES, USAGE_READ}),
    }


def test_a_person_may_what_their_servers_may():
    """JupyterHub cuts a server's token to what its owner has."""
    of_ours = {s for s in server_token_scopes() if s.startswith("custom:")}

    assert of_ours <= set(role("user")["scopes"])
    assert "access:services!service=training" in role("user")["scopes"]
    assert "self" in role("user")["scopes"]


def test_the_training_service_has_no_rights_of_its_own():
    """It asks the hub with the token of whoever calls it."""
    assert [each["name"] for each in load_roles()] == ["user"]
