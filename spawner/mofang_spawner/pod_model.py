"""A pod's dictionary as the model that KubeSpawner's hooks are written for.

``modify_pod_hook`` gets a ``V1Pod`` with models for containers, volumes, mounts,
variables, tolerations and affinities, and dictionaries below: what ``make_pod`` of
KubeSpawner 7.1 returns.
"""

from collections.abc import Iterable
from typing import Any

from kubernetes_asyncio.client.models import (
    V1Affinity,
    V1Container,
    V1ContainerPort,
    V1EnvVar,
    V1Lifecycle,
    V1LocalObjectReference,
    V1NodeAffinity,
    V1NodeSelector,
    V1NodeSelectorTerm,
    V1ObjectMeta,
    V1Pod,
    V1PodAffinity,
    V1PodAffinityTerm,
    V1PodAntiAffinity,
    V1PodSpec,
    V1PreferredSchedulingTerm,
    V1ResourceRequirements,
    V1Toleration,
    V1Volume,
    V1VolumeMount,
    V1WeightedPodAffinityTerm,
)
from kubespawner.utils import get_k8s_model

Manifest = dict[str, Any]

_OF_SPEC = {
    "volumes": V1Volume,
    "tolerations": V1Toleration,
    "image_pull_secrets": V1LocalObjectReference,
}
_OF_CONTAINER = {
    "env": V1EnvVar,
    "ports": V1ContainerPort,
    "volume_mounts": V1VolumeMount,
}
_REQUIRED = "required_during_scheduling_ignored_during_execution"
_PREFERRED = "preferred_during_scheduling_ignored_during_execution"


def build_pod_model(pod: Manifest) -> V1Pod:
    """Return the model of a pod in Kubernetes' form."""
    spec = get_k8s_model(V1PodSpec, pod["spec"])
    _model_lists(spec, _OF_SPEC)
    spec.containers = [_container(each) for each in spec.containers]
    if spec.init_containers:
        spec.init_containers = [_container(each) for each in spec.init_containers]
    if spec.affinity:
        spec.affinity = _affinity(spec.affinity)
    return V1Pod(
        api_version="v1",
        kind="Pod",
        metadata=get_k8s_model(V1ObjectMeta, pod["metadata"]),
        spec=spec,
    )


def _model_lists(owner: Any, types: dict[str, Any]) -> None:
    for name, model in types.items():
        if found := getattr(owner, name):
            setattr(owner, name, _models(model, found))


def _models(model: Any, found: Iterable[Manifest]) -> list[Any]:
    return [get_k8s_model(model, each) for each in found]


def _container(given: Manifest) -> V1Container:
    container = get_k8s_model(V1Container, given)
    _model_lists(container, _OF_CONTAINER)
    if container.resources is not None:
        container.resources = get_k8s_model(V1ResourceRequirements, container.resources)
    if container.lifecycle:
        container.lifecycle = get_k8s_model(V1Lifecycle, container.lifecycle)
    return container


def _affinity(given: Manifest) -> V1Affinity:
    affinity = get_k8s_model(V1Affinity, given)
    if affinity.node_affinity:
        affinity.node_affinity = _node_affinity(affinity.node_affinity)
    if affinity.pod_affinity:
        affinity.pod_affinity = _pod_affinity(V1PodAffinity, affinity.pod_affinity)
    if affinity.pod_anti_affinity:
        affinity.pod_anti_affinity = _pod_affinity(
            V1PodAntiAffinity, affinity.pod_anti_affinity
        )
    return affinity


def _node_affinity(given: Manifest) -> V1NodeAffinity:
    found = get_k8s_model(V1NodeAffinity, given)
    if required := getattr(found, _REQUIRED):
        selector = get_k8s_model(V1NodeSelector, required)
        _model_lists(selector, {"node_selector_terms": V1NodeSelectorTerm})
        setattr(found, _REQUIRED, selector)
    _model_lists(found, {_PREFERRED: V1PreferredSchedulingTerm})
    return found


def _pod_affinity(model: Any, given: Manifest) -> Any:
    found = get_k8s_model(model, given)
    _model_lists(
        found, {_REQUIRED: V1PodAffinityTerm, _PREFERRED: V1WeightedPodAffinityTerm}
    )
    return found
