"""Which of the gang policies a cluster can have is used. Pure."""

from __future__ import annotations

from mofang_hub.settings import GangSettings
from mofang_jobs.domain.gang import ClusterCapabilities, GangPolicy, GroupApi
from mofang_jobs.scheduling import coscheduling, native, volcano
from mofang_jobs.scheduling.coscheduling import CoschedulingPolicy
from mofang_jobs.scheduling.native import NativePolicy
from mofang_jobs.scheduling.ungrouped import UngroupedPolicy
from mofang_jobs.scheduling.volcano import VolcanoPolicy
from mofang_kube.errors import InvalidError

POD_GROUP_APIS = (
    *(GroupApi(group=native.GROUP, version=each) for each in native.VERSIONS),
    GroupApi(group=volcano.GROUP, version=volcano.VERSION),
    GroupApi(group=coscheduling.GROUP, version=coscheduling.VERSION),
)
"""All that some policy can use."""


def select_policy(served: ClusterCapabilities, setting: GangSettings) -> GangPolicy:
    """Return the policy that is wanted, or of those that the cluster has the best.

    Volcano is there because somebody chose it, so it comes before the cluster's own
    groups. Coscheduling comes last and only with a scheduler named: its PodGroups are
    often installed where no scheduler reads them.

    Raises:
        InvalidError: The wanted one is not there; the sentence says what to do.
    """
    match setting.policy:
        case "none":
            return UngroupedPolicy()
        case "native":
            return _native(served, setting)
        case "volcano":
            return _volcano(served, setting)
        case "coscheduling":
            return _coscheduling(served, setting)
        case "auto":
            return _best(served, setting)


def _best(served: ClusterCapabilities, setting: GangSettings) -> GangPolicy:
    usual = [_volcano, _native, *([_coscheduling] if setting.scheduler_name else [])]
    for build in usual:
        try:
            return build(served, setting)
        except InvalidError:
            continue
    return UngroupedPolicy()


def _native(served: ClusterCapabilities, setting: GangSettings) -> GangPolicy:
    versions = {each.version for each in served.apis if each.group == native.GROUP}
    version = next((each for each in native.VERSIONS if each in versions), None)
    if version is None:
        raise InvalidError(
            "The setting jobs.gang.policy is native, but this cluster serves no "
            "PodGroups of scheduling.k8s.io. Switch the feature GenericWorkload on in "
            "its API server, scheduler and controller manager, and the API "
            "scheduling.k8s.io/v1beta1 in the server (Kubernetes 1.37), or choose "
            "another policy."
        )
    if not served.has_admission_policy:
        raise InvalidError(
            "The setting jobs.gang.policy is native, but the MutatingAdmissionPolicy "
            "mofang-pod-groups with its binding is not installed, without which pods "
            "do not join their groups. Install the chart with "
            "jobs.gang.admissionPolicy: always, or choose another policy."
        )
    return NativePolicy(version, setting.scheduler_name)


def _volcano(served: ClusterCapabilities, setting: GangSettings) -> GangPolicy:
    wanted = GroupApi(group=volcano.GROUP, version=volcano.VERSION)
    if wanted not in served.apis:
        raise InvalidError(_is_absent(wanted, "volcano", "Volcano"))
    return VolcanoPolicy(setting.volcano_queue, setting.scheduler_name)


def _coscheduling(served: ClusterCapabilities, setting: GangSettings) -> GangPolicy:
    wanted = GroupApi(group=coscheduling.GROUP, version=coscheduling.VERSION)
    if wanted not in served.apis:
        raise InvalidError(_is_absent(wanted, "coscheduling", "scheduler-plugins"))
    return CoschedulingPolicy(setting.scheduler_name)


def _is_absent(api: GroupApi, policy: str, product: str) -> str:
    return (
        f"The setting jobs.gang.policy is {policy}, but this cluster serves no "
        f"PodGroups of {api.api_version}. Install {product}, or choose another policy."
    )
