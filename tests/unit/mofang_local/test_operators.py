"""What the launcher makes of the job controllers' own manifests."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from mofang_local import operators
from mofang_local.operators import OPERATORS, Operator

RENDERED = yaml.safe_dump_all(
    [
        {"kind": "Namespace", "metadata": {"name": "theirs"}},
        {"kind": "ConfigMap", "data": {"settings.yaml": "theirs"}},
        {
            "kind": "Deployment",
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "image": "theirs",
                                "args": ["--theirs"],
                                "env": [{"name": "KEPT"}],
                                "readinessProbe": {"httpGet": {"port": 8081}},
                            }
                        ]
                    }
                }
            },
        },
    ]
)
REFERENCES = {
    name: f"docker.io/mofang/{name}:1"
    for name in (
        *(each.name for each in OPERATORS),
        "await-name",
        "kubectl-delivery",
        "hub",
    )
}
TRAINING = next(each for each in OPERATORS if each.name == "training-operator")
JOBSET = next(each for each in OPERATORS if each.name == "jobset")


def made(operator: Operator, kind: str) -> list[dict]:
    found = operators.manifests(operator, RENDERED, REFERENCES)
    return [each for each in found if each["kind"] == kind]


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda each: each.name)
def test_a_controller_gets_our_image_and_keeps_the_rest(operator):
    [deployment] = made(operator, "Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == REFERENCES[operator.name]
    assert container["securityContext"]["runAsNonRoot"]
    assert container["resources"]["requests"] == {"cpu": "10m", "memory": "64Mi"}
    assert container["env"] == [{"name": "KEPT"}]
    assert container["readinessProbe"]["httpGet"] == {"port": 8081}


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda each: each.name)
def test_its_namespace_comes_first_and_once(operator):
    first, *rest = operators.manifests(operator, RENDERED, REFERENCES)
    assert first["kind"] == "Namespace"
    assert first["metadata"]["name"] == operator.namespace
    assert not [each for each in rest if each["kind"] == "Namespace"]


def test_jobs_get_init_containers_that_exist_here():
    [deployment] = made(TRAINING, "Deployment")
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["args"] == [
        "--pytorch-init-container-image=docker.io/mofang/await-name:1",
        "--mpi-kubectl-delivery-image=docker.io/mofang/kubectl-delivery:1",
    ]


def test_the_init_container_may_run_in_a_restricted_namespace():
    """Projects' namespaces refuse pods with a container that is not restricted."""
    [deployment] = made(TRAINING, "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    files = made(TRAINING, "ConfigMap")[0]
    assert pod["volumes"][0]["configMap"]["name"] == files["metadata"]["name"]
    [init] = yaml.safe_load(files["data"]["initContainer.yaml"])
    assert init["securityContext"]["runAsNonRoot"]
    assert init["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert init["args"] == ["{{.MasterAddr}}"]


def test_our_configuration_takes_the_place_of_the_controller_s_own():
    [configuration] = made(JOBSET, "ConfigMap")
    said = yaml.safe_load(configuration["data"]["settings.yaml"])
    assert said["leaderElection"] == {"leaderElect": False}


def test_the_mark_changes_with_all_that_the_objects_are_made_from():
    module = Path("/modules/training-operator@v1.8.1")

    def mark(**changed: str) -> str:
        references = REFERENCES | changed
        return yaml.safe_dump(operators.mark(TRAINING, module, references))

    known = {
        mark(),
        mark(**{"training-operator": "docker.io/mofang/t:2"}),
        mark(**{"kubectl-delivery": "docker.io/mofang/k:2"}),
        yaml.safe_dump(
            operators.mark(TRAINING, module.with_name("t@v1.8.2"), REFERENCES)
        ),
        yaml.safe_dump(
            operators.mark(replace(TRAINING, arguments=()), module, REFERENCES)
        ),
    }
    assert len(known) == 5
    assert mark(hub="docker.io/mofang/hub:2") == mark()
