"""The platform's own scopes, and who holds them.

Nomenclature: a *scope* is JupyterHub's (RBAC). Ours all begin with
``custom:mofang:``. A person holds all but those about all people, which admins have;
whether a request is allowed is decided per project by the service it goes to.
"""

from typing import Any

JOBS_READ = "custom:mofang:jobs:read"
JOBS_WRITE = "custom:mofang:jobs:write"
SHELL = "custom:mofang:shell"
SNAPSHOT_HOME = "custom:mofang:home:snapshot"
CLEAN_PROJECT = "custom:mofang:project:clean"
WRITE_ENVIRONMENTS = "custom:mofang:environments:write"
APPROVE_ENVIRONMENTS = "custom:mofang:environments:approve"
RESIZE = "custom:mofang:servers:resize"
AUDIT = "custom:mofang:audit"
USAGE_READ = "custom:mofang:usage:read"
USAGE_ALL = "custom:mofang:usage:all"

CUSTOM_SCOPES: dict[str, dict[str, Any]] = {
    JOBS_READ: {"description": "See training jobs and read their logs"},
    JOBS_WRITE: {
        "description": "Submit, cancel and delete training jobs",
        "subscopes": [JOBS_READ],
    },
    SHELL: {"description": "Open a Cloud Shell in your own running jobs"},
    SNAPSHOT_HOME: {"description": "Take a snapshot of your home"},
    CLEAN_PROJECT: {
        "description": "Read your role in a project, and take a snapshot of its files"
    },
    WRITE_ENVIRONMENTS: {"description": "Save environments, and change your own"},
    APPROVE_ENVIRONMENTS: {
        "description": "Offer saved environments to everyone, and remove any"
    },
    RESIZE: {"description": "Change CPU and memory of your own running servers"},
    AUDIT: {"description": "Read what all people did, in the audit log"},
    USAGE_READ: {
        "description": "Read what you reserve, and all of projects whose admin you are"
    },
    USAGE_ALL: {
        "description": "Read what all people reserve",
        "subscopes": [USAGE_READ],
    },
}

ADMIN_SCOPES = (AUDIT, USAGE_ALL, APPROVE_ENVIRONMENTS)
"""Those that admins hold, and other people do not."""

_TRAINING = "access:services!service=training"
_SHARE = "shares!user"
"""To let somebody into one's own servers: nobody else can, admins included."""

_OWN_GROUPS = "read:users:groups!user"


def server_token_scopes() -> list[str]:
    """What a server's own token may do; JupyterHub cuts it to what its user may."""
    return [
        "users:activity!user",
        "access:servers!server",
        # By it the training service learns of which project the server is.
        "read:servers!server",
        _TRAINING,
        _OWN_GROUPS,
        JOBS_READ,
        JOBS_WRITE,
        SHELL,
        SNAPSHOT_HOME,
        CLEAN_PROJECT,
        WRITE_ENVIRONMENTS,
        RESIZE,
    ]


def jobs_page_scopes() -> list[str]:
    """What the hub may do in the name of who looks at the page of jobs."""
    return [_TRAINING, _OWN_GROUPS, JOBS_READ, JOBS_WRITE]


def load_roles() -> list[dict[str, Any]]:
    """Roles in JupyterHub's form: every user's. The training service has none.

    It asks the hub with the token of whoever calls it.
    """
    return [
        {
            "name": "user",
            "description": "Everybody: oneself, and the platform's services",
            "scopes": [
                "self",
                _SHARE,
                _TRAINING,
                JOBS_READ,
                JOBS_WRITE,
                SHELL,
                SNAPSHOT_HOME,
                CLEAN_PROJECT,
                WRITE_ENVIRONMENTS,
                RESIZE,
                USAGE_READ,
            ],
        },
    ]
