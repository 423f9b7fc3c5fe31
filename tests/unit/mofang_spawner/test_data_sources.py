"""Data sources: what may be declared, who has which, what pods get of them."""

import configparser
import stat
import subprocess
from xml.etree import ElementTree as ET

import botocore.session
import pytest
from pydantic import ValidationError
from unit.mofang_spawner.conftest import a_plan, environment_body, project_body
from unit.mofang_spawner.test_pods import complete, kubespawners_pod

from mofang_spawner.data_sources.hadoop import HdfsSettings
from mofang_spawner.data_sources.models import DataSource, check_names
from mofang_spawner.data_sources.pod_data import build_pod_data
from mofang_spawner.data_sources.s3_config import s3_sources, shared_endpoint
from mofang_spawner.environments.models import Environment, Project
from mofang_spawner.environments.policy import data_sources, usable_sources
from mofang_spawner.volumes.merging import is_reserved
from support.data_files import write_data_files

NFS = {"name": "scans", "nfs": {"server": "nas", "path": "/exports/scans"}}
PVC = {"name": "models", "persistentVolumeClaim": {"claimName": "model-store"}}
CEPHFS = {"name": "corpora", "cephfs": {"path": "text/corpora"}}
S3 = {
    "name": "lake",
    "s3": {
        "endpoint": "https://s3.example.org",
        "bucket": "lake",
        "prefix": "/raw/",
        "secret": "lake",
    },
}
AMAZON = {"name": "public", "s3": {"bucket": "open", "secret": "cloud"}}


def source(body, **more):
    return DataSource.model_validate(body | more)


def project(*bodies, ready=True, **spec):
    found = Project.parse(project_body(dataSources=list(bodies), **spec))
    states = {each["name"]: "" for each in bodies} if ready else {}
    return found.model_copy(update={"data_states": states})


# -- what may be declared


@pytest.mark.parametrize(
    ("body", "claim", "sub_path", "location"),
    [
        pytest.param(PVC, "model-store", None, "/data/models", id="a claim"),
        pytest.param(
            CEPHFS, "mofang-data", "text/corpora", "/data/corpora", id="a shared path"
        ),
        pytest.param(S3, None, None, "s3://lake/raw", id="a bucket"),
        pytest.param(AMAZON, None, None, "s3://open", id="a whole bucket"),
    ],
)
def test_where_a_source_is(body, claim, sub_path, location):
    found = source(body)

    assert (found.claim, found.sub_path, found.location) == (claim, sub_path, location)
    assert found.read_only


def test_another_directory_of_a_server_is_another_claim():
    """Volumes are immutable: a changed source never fails on the old one."""
    moved = NFS | {"nfs": {"server": "nas", "path": "/exports/other"}}
    claims = {
        source(NFS).claim,
        source(moved).claim,
        source(NFS, readOnly=False).claim,
        source(NFS).declared_by("pytorch").claim,
    }

    assert len(claims) == 4
    assert all(claim.startswith("mofang-data.") for claim in claims)
    assert source(NFS).claim == source(NFS).claim


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param({"name": "a"}, "exactly one of", id="of no kind"),
        pytest.param(NFS | S3, "exactly one of", id="of two kinds"),
        pytest.param(NFS | {"name": "Scans"}, "is not a name", id="capitals"),
        pytest.param(NFS | {"name": "-a"}, "is not a name", id="a dash first"),
        pytest.param(NFS | {"name": "../a"}, "is not a name", id="a path"),
        pytest.param(NFS | {"name": "a" * 51}, "at most 50", id="a long name"),
        pytest.param(
            {"name": "a", "persistentVolumeClaim": {"claimName": "mofang-users"}},
            "is the platform's",
            id="the homes of all",
        ),
        *(
            pytest.param(
                {"name": "a", "cephfs": {"path": path}}, "is not a path", id=path
            )
            for path in ("", "/", "..", "a/../../users", "/users", "a//b", "a/", ".a")
        ),
    ],
)
def test_bad_sources_are_refused_with_the_reason(body, said):
    with pytest.raises(ValidationError, match=said):
        source(body)


def test_two_sources_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two data sources are called scans"):
        check_names([source(NFS), source(CEPHFS, name="scans")])


# -- who has which


def test_a_project_has_its_own_and_those_of_the_environment():
    environment = Environment.parse(
        environment_body(dataSources=[PVC, CEPHFS | {"name": "scans"}])
    )
    found = data_sources(project(NFS), environment)

    assert [each.key for each in found] == ["scans", "pytorch.models"]
    assert found[0].nfs


def test_what_is_not_prepared_or_broken_is_not_mounted():
    """A pod with a claim that is missing would never start."""
    found = project(NFS, PVC, CEPHFS).model_copy(
        update={"data_states": {"scans": "", "models": "There is no claim."}}
    )

    usable = usable_sources(found, None, "ada", "member")
    assert [each.name for each in usable] == ["scans"]


RULES = [{"name": "lake", "owner": "ada"}, {"name": "cloud", "roles": ["admin"]}]


@pytest.mark.parametrize(
    ("user", "role", "names"),
    [
        pytest.param("ada", "member", ["scans", "lake"], id="its owner"),
        pytest.param("bob", "member", ["scans"], id="another member"),
        pytest.param("bob", "admin", ["scans", "public"], id="a role"),
        pytest.param("eve", None, ["scans"], id="nobody's Secret"),
    ],
)
def test_only_who_may_use_a_secret_has_its_bucket(user, role, names):
    found = usable_sources(project(NFS, S3, AMAZON, secrets=RULES), None, user, role)

    assert [each.name for each in found] == names


def test_a_secret_without_a_rule_is_every_members_and_no_outsiders():
    assert usable_sources(project(S3), None, "bob", "member")
    assert not usable_sources(project(S3), None, "bob", None)
    assert not usable_sources(project(S3), None, "bob", "viewer")


# -- what pods get


def test_a_pod_mounts_sources_read_only_by_default():
    bodies = (NFS, CEPHFS, source(PVC, readOnly=False).model_dump(by_alias=True))
    data = build_pod_data([source(each) for each in bodies])

    assert list(data.mounts) == [
        {"name": "mofang-data-scans", "mountPath": "/data/scans", "readOnly": True},
        {
            "name": "mofang-data-corpora",
            "mountPath": "/data/corpora",
            "subPath": "text/corpora",
            "readOnly": True,
        },
        {"name": "mofang-data-models", "mountPath": "/data/models"},
    ]
    claims = [each["persistentVolumeClaim"]["claimName"] for each in data.volumes]
    assert claims == [source(NFS).claim, "mofang-data", "model-store"]
    assert data.variables == data.annotations == {}


def test_keys_of_s3_are_files_and_never_in_the_pods_definition():
    data = build_pod_data([source(S3)])

    [volume] = data.volumes
    files, keys = volume["projected"]["sources"]
    assert {each["path"] for each in files["downwardAPI"]["items"]} == {
        "aws/config",
        "aws/credentials",
    }
    assert keys["secret"]["name"] == "mofang-secret-lake"
    assert set(data.variables) == {
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_ENDPOINT_URL",
    }
    assert list(data.mounts) == [
        {"name": "mofang-data", "mountPath": "/etc/mofang/data", "readOnly": True}
    ]


def test_a_pod_without_sources_is_as_before():
    data = build_pod_data([])

    assert not any([data.volumes, data.mounts, data.variables, data.annotations])


# -- files of S3, read by the real libraries


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Make a session of botocore that sees the files of two sources."""
    awkward = 'a"b\\c/+='
    sources = s3_sources([source(S3), source(AMAZON)])
    keys = {"lake": ("key-1", awkward), "public": ("key-2", "two")}
    files = write_data_files(tmp_path, sources, keys)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    for name, path in files.items():
        monkeypatch.setenv(name, path)
    return lambda profile=None: botocore.session.Session(profile=profile)


def test_the_first_source_is_the_default_profile(session):
    found = session()

    credentials = found.get_credentials().get_frozen_credentials()
    assert credentials.access_key == "key-1"
    assert credentials.secret_key == 'a"b\\c/+='
    client = found.create_client("s3")
    assert client.meta.endpoint_url == "https://s3.example.org"
    assert client.meta.config.s3["addressing_style"] == "path"
    assert client.meta.config.request_checksum_calculation == "when_required"


def test_each_source_is_a_profile_with_keys_of_its_own(session):
    assert session().available_profiles == ["default", "lake", "public"]
    found = session("public")

    credentials = found.get_credentials().get_frozen_credentials()
    assert (credentials.access_key, credentials.secret_key) == ("key-2", "two")
    assert "amazonaws.com" in found.create_client("s3").meta.endpoint_url


def test_the_file_browser_finds_what_a_profile_is_for(session):
    """Where the keys are the default ones too, the source is listed once."""
    profiles = session().full_config["profiles"]

    urls = {name: each.get("mofang_url") for name, each in profiles.items()}
    assert urls == {"default": None, "lake": "s3://lake/raw", "public": "s3://open"}


def test_a_missing_secret_is_said_by_its_file(tmp_path, session):
    for each in (tmp_path / "secrets" / "lake").iterdir():
        each.unlink()

    text = (tmp_path / "aws" / "credentials").read_text()
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    command = parser["lake"]["credential_process"]
    done = subprocess.run(
        ["sh", "-c", command], check=False, capture_output=True, text=True
    )
    assert "AWS_ACCESS_KEY_ID: No such file" in done.stderr
    assert done.returncode != 0
    with pytest.raises(botocore.exceptions.CredentialRetrievalError):
        session().get_credentials()


def test_an_endpoint_is_a_variable_only_where_it_is_that_of_all():
    """To botocore the variable counts for every profile."""
    other = source(S3, name="other", s3=S3["s3"] | {"bucket": "other"})

    both = s3_sources([source(S3), other])
    assert shared_endpoint(both) == "https://s3.example.org"
    assert shared_endpoint(s3_sources([source(S3), source(AMAZON)])) == ""


# -- HDFS


def test_clients_of_hdfs_read_their_properties(tmp_path):
    hdfs = HdfsSettings(core_site={"fs.defaultFS": "hdfs://a:8020/?x=1&y=<2>"})
    data = build_pod_data([], hdfs)

    assert data.variables == {"HADOOP_CONF_DIR": "/etc/mofang/data/hadoop"}
    text = data.annotations["mofang.dev/hadoop-core-site"]
    [found] = ET.fromstring(text)
    assert [each.text for each in found] == ["fs.defaultFS", "hdfs://a:8020/?x=1&y=<2>"]
    [volume] = data.volumes
    [files] = volume["projected"]["sources"]
    paths = [each["path"] for each in files["downwardAPI"]["items"]]
    assert paths == ["hadoop/core-site.xml", "hadoop/hdfs-site.xml"]
    assert stat.S_IMODE(volume["projected"]["defaultMode"]) == 0o444


# -- servers


def server_of(*bodies, environment=(), **project):
    found = [*bodies, *({"name": f"pytorch.{each['name']}"} for each in environment)]
    status = {
        "phase": "Ready",
        "dataSources": [{"key": each["name"], "ready": True} for each in found],
    }
    plan = a_plan(
        project={"dataSources": list(bodies), "status": status, **project},
        environment={"dataSources": list(environment)},
    )
    return complete(plan)


def test_a_server_mounts_the_sources_of_its_project_and_environment():
    pod = server_of(NFS, environment=[CEPHFS])

    mounts = {
        each["mountPath"]: each for each in pod["spec"]["containers"][0]["volumeMounts"]
    }
    assert mounts["/data/scans"]["readOnly"]
    assert mounts["/data/corpora"]["subPath"] == "text/corpora"
    volumes = {each["name"] for each in pod["spec"]["volumes"]}
    assert {each["name"] for each in mounts.values()} <= volumes


def test_a_server_has_files_of_s3_and_an_environment_may_name_others():
    own = {"AWS_CONFIG_FILE": "/home/jovyan/.aws/config"}
    pod = server_of(S3)
    other = complete(a_plan(environment={"env": own}), pod)

    assert "endpoint_url" in pod["metadata"]["annotations"]["mofang.dev/aws-config"]
    [container] = other["spec"]["containers"]
    variables = {each["name"]: each.get("value") for each in container["env"]}
    assert variables["AWS_CONFIG_FILE"] == own["AWS_CONFIG_FILE"]
    assert "AWS_SHARED_CREDENTIALS_FILE" in variables


def test_a_server_has_no_keys_that_its_owner_may_not_use():
    rules = [{"name": "lake", "owner": "ben"}]
    pod = server_of(S3, AMAZON, secrets=rules)

    assert "mofang-secret-lake" not in str(pod)
    assert "mofang-secret-cloud" in str(pod)


def test_the_containers_of_an_administrator_get_no_keys():
    pod = kubespawners_pod()
    pod["spec"]["initContainers"] = [{"name": "prepare", "image": "x"}]
    status = {"phase": "Ready", "dataSources": [{"key": "lake", "ready": True}]}
    plan = a_plan(project={"dataSources": [S3], "status": status})

    [prepare] = complete(plan, pod)["spec"]["initContainers"]
    assert not prepare.get("volumeMounts")
    assert not prepare.get("env")


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("mofang-data", True),
        ("mofang-data-scans", True),
        ("mofang-data.scans.0a1b2c3d", True),
        ("mofang-users", True),
        ("mofang-database", False),
        ("model-store", False),
    ],
)
def test_an_administrators_volume_has_no_name_of_a_source(name, is_ours):
    assert is_reserved(name) is is_ours
