"""Names, labels and annotations that several parts of the platform rely on.

``docs/contributors/interfaces.md`` lists them with their meaning.
"""

import hashlib
import re
import secrets
import string
import unicodedata

GROUP = "mofang.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

PROJECT_LABEL = f"{GROUP}/project"
ENVIRONMENT_LABEL = f"{GROUP}/environment"
OWNER_LABEL = f"{GROUP}/owner"
JOB_LABEL = f"{GROUP}/job"
ATTEMPT_LABEL = f"{GROUP}/attempt"
ROLE_LABEL = f"{GROUP}/role"
REPLICA_INDEX_LABEL = f"{GROUP}/replica-index"
"""On pods whose operator does not number the replicas of a role."""

FRAMEWORK_LABEL = f"{GROUP}/framework"
NODE_TYPE_LABEL = f"{GROUP}/node-type"
"""On nodes: ``cpu`` or ``gpu``."""

POD_GROUP_LABEL = f"{GROUP}/pod-group"
"""On pods: the PodGroup that an admission policy of the chart puts them into."""

POOL_LABEL = f"{GROUP}/pool"
ROUTE_LABEL = f"{GROUP}/route"
SERVER_LABEL = f"{GROUP}/server"
"""The pod's own name, on every pod of a server and on no other. The hub's watch, the
server's Service and the NetworkPolicies of a project select by it: KubeSpawner's own
labels can be configured."""

HUB_LABEL = f"{GROUP}/hub"
"""The platform namespace of the hub that made a server's pod, on the pod."""

STARTED_AHEAD_LABEL = f"{GROUP}/started-ahead"
"""On the pod of a server that was started before anybody asked for it: ``unused``, or
since when it is used, in seconds since 1970."""

UNUSED = "unused"

START_GATE = f"{GROUP}/start"
"""Scheduling gate of a server's pod until what belongs to the pod is there."""

JOB_SPEC_ANNOTATION = f"{GROUP}/training-job"
JOB_SPEC_VERSION_ANNOTATION = f"{GROUP}/training-job-version"
OWNER_NAME_ANNOTATION = f"{GROUP}/owner-name"
RESTARTS_ANNOTATION = f"{GROUP}/restarts"
SUBMITTED_AT_ANNOTATION = f"{GROUP}/submitted-at"
CANCELLED_BY_ANNOTATION = f"{GROUP}/cancelled-by"
CANCELLED_AT_ANNOTATION = f"{GROUP}/cancelled-at"
CONDITIONS_ANNOTATION = f"{GROUP}/conditions"
FAILURE_ANNOTATION = f"{GROUP}/failure"
NOTIFIED_ANNOTATION = f"{GROUP}/notified"
EPHEMERAL_STORAGE_ANNOTATION = f"{GROUP}/ephemeral-storage"
"""What a replica of each role of a job gets of its node's disk, ``/cache`` included;
its pods say the same."""

ROUTESPEC_ANNOTATION = f"{GROUP}/routespec"
ROUTE_TARGET_ANNOTATION = f"{GROUP}/target"
ROUTE_DATA_ANNOTATION = f"{GROUP}/data"

SNAPSHOT_REQUEST_ANNOTATION = f"{GROUP}/snapshot-request"
"""On a Home: the hub's, when a person is about to do what they may want to undo."""

PULLED_IMAGES_ANNOTATION = f"{GROUP}/pulled-images"
"""The chart's: a digest of the images that the pre-puller has pulled."""

READABLE_DATA_ANNOTATION = f"{GROUP}/readable-data"
"""On a project's namespace, by the reconciler, with commas between them: the claims
that its pods may mount beside the platform's own, with a path after a slash where they
may mount that alone. Mounts must be read-only."""

WRITABLE_DATA_ANNOTATION = f"{GROUP}/writable-data"
"""Likewise, for mounts that may be written to."""

DATA_SECRETS_ANNOTATION = f"{GROUP}/data-secrets"
"""On a project's namespace, by the reconciler: Secrets that its servers may mount. On a
job: those that its submitter could use."""

AWS_CONFIG_ANNOTATION = f"{GROUP}/aws-config"
"""On a pod: the file of that name, which the pod mounts; no secret is in it."""

AWS_CREDENTIALS_ANNOTATION = f"{GROUP}/aws-credentials"
"""On a pod: the file of that name, which says where the keys are."""

HADOOP_CORE_SITE_ANNOTATION = f"{GROUP}/hadoop-core-site"
"""On a pod: ``core-site.xml`` of Hadoop's clients, which the pod mounts."""

HADOOP_HDFS_SITE_ANNOTATION = f"{GROUP}/hadoop-hdfs-site"
"""On a pod: ``hdfs-site.xml`` of Hadoop's clients, which the pod mounts."""

SECRET_PREFIX = "mofang-secret-"  # noqa: S105 - how names begin
"""Of a project's Secrets that its pods may use."""

PROJECT_FINALIZER = f"{GROUP}/project"

WITHOUT_OWNER_LABEL = f"{GROUP}/without-owner"
"""Of what is made before the job that it belongs to, until it is."""

LAUNCHER_ACCOUNT = "mofang-launcher"
"""ServiceAccount of the launchers of MPIJobs, in each project's namespace."""

GPU_RESOURCE = "nvidia.com/gpu"
GPU_PRODUCT = "nvidia.com/gpu.product"
"""NVIDIA's GPU feature discovery writes a node's model of GPU into this label."""

UID = 1000

PULL_SECRET_PREFIX = "mofang-pull-"  # noqa: S105 - how names begin
"""Of the copies, in projects' namespaces, of the platform's image pull secrets."""

_NAMESPACE_PREFIX = "mofang-project-"
_SERVER_NAME_MAX = 30
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")
_JOB_ID = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?-[a-z0-9]{6}")
_HASHED = re.compile(r".*-[0-9a-f]{8}")
_DNS_LABEL = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_SUFFIX_ALPHABET = string.ascii_lowercase + string.digits
_SUFFIX_CHARACTERS = 6
_JOB_NAME_CHARACTERS = 20
"""Of the name of a job in its id."""

_SLUG_CHARACTERS = 21
"""Of the readable part; with three dashes and the hash a slug has at most 32."""


def is_name(text: str) -> bool:
    """Whether ``text`` may name a project or an environment."""
    return _NAME.fullmatch(text) is not None


def is_job_id(text: str) -> bool:
    """Whether ``text`` could be a job's id, and so is safe in a path."""
    return _JOB_ID.fullmatch(text) is not None


def new_job_id(name: str) -> str:
    """An id that begins like the job's name and was never used before.

    It is the name of the operator's object: a DNS label that starts with a letter.
    """
    # One call of the operating system, not one for each character.
    number = secrets.randbelow(len(_SUFFIX_ALPHABET) ** _SUFFIX_CHARACTERS)
    suffix = ""
    for _ in range(_SUFFIX_CHARACTERS):
        number, digit = divmod(number, len(_SUFFIX_ALPHABET))
        suffix += _SUFFIX_ALPHABET[digit]
    return f"{name_slug(name)}-{suffix}"


def name_slug(name: str) -> str:
    """What of a job's name fits into a DNS label; ``job`` if nothing does."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).lstrip("-0123456789")
    return slug[:_JOB_NAME_CHARACTERS].strip("-") or "job"


def user_slug(username: str) -> str:
    """A DNS label for a user; two users never share one.

    The same as ``kubespawner.slugs.safe_slug``, without loading JupyterHub: a name that
    is a DNS label without ``--`` stays, any other gets a hash.
    """
    if _DNS_LABEL.fullmatch(username) and "--" not in username:
        return username
    readable = re.sub(r"[^a-z0-9]+", "-", username.lower()).lstrip("-")
    readable = readable[:_SLUG_CHARACTERS].rstrip("-")
    if not readable[:1].isalpha():
        readable = f"x-{readable[: _SLUG_CHARACTERS - 2]}" if readable else "x"
    digest = hashlib.sha256(username.encode()).hexdigest()[:8]
    return f"{readable}---{digest}"


def project_namespace(project: str) -> str:
    """The namespace of a project; ``project`` must satisfy ``is_name``."""
    return f"{_NAMESPACE_PREFIX}{project}"


def namespace_project(namespace: str) -> str | None:
    """The project of a namespace, or None when it is no project's."""
    if not namespace.startswith(_NAMESPACE_PREFIX):
        return None
    return namespace.removeprefix(_NAMESPACE_PREFIX)


def object_name(job: str, attempt: int) -> str:
    """The name of the object of a job's attempt; the first is called as the job."""
    return job if attempt == 1 else f"{job}-r{attempt}"


def debug_server_name(project: str, job: str) -> str:
    """The one name of a user's server that looks into a training job.

    No environment's server is called so: 30 characters at most, the last eight a
    hash, as ``server_name`` makes them of names that are too long.
    """
    name = f"{project}-debug-{job}"
    digest = hashlib.sha256(f"{project}/debug/{job}".encode()).hexdigest()[:8]
    return f"{name[: _SERVER_NAME_MAX - 9].rstrip('-')}-{digest}"


def server_name(project: str, environment: str) -> str:
    """The one name of a user's server for an environment in a project.

    At most 30 characters, as JupyterHub asks; a longer pair is cut and gets a
    hash of the whole, so that two pairs never share a name.
    """
    name = f"{project}-{environment}"
    digest = hashlib.sha256(f"{project}/{environment}".encode()).hexdigest()[:8]
    # A dash inside a name makes the pair ambiguous: a-b + c and a + b-c. So does
    # an environment whose own name ends like a hash.
    is_plain = "-" not in project and _HASHED.fullmatch(name) is None
    if len(name) <= _SERVER_NAME_MAX and is_plain:
        return name
    return f"{name[: _SERVER_NAME_MAX - 9].rstrip('-')}-{digest}"
