"""Build everything a project's namespace holds.

Pure: nothing here talks to Kubernetes. The reconciler applies what this
returns, in this order, and again whenever something drifted.
"""

from collections.abc import Iterable, Sequence

from mofang_kube.names import LAUNCHER_ACCOUNT, project_namespace
from mofang_projects.data_sources import SourceState, namespace_annotations
from mofang_projects.models import Project
from mofang_projects.object_head import Manifest, cluster_wide, in_namespace
from mofang_projects.policies import build_policies
from mofang_projects.pull_secrets import pull_secret_name
from mofang_projects.quotas import build_job_quota, build_limits, build_quota
from mofang_projects.settings import NamespaceSettings, VolumeCategory
from mofang_projects.volumes import build_data_volumes, build_volume

_HUB_ROLE = "mofang-hub-project"
_TRAINING_ROLE = "mofang-training-project"
_OPERATOR_ROLE = "mofang-reconciler-project"


def build_namespace_objects(
    project: Project,
    settings: NamespaceSettings,
    counted: Iterable[str] = (),
    sources: Sequence[SourceState] = (),
) -> list[Manifest]:
    """Build all objects of a project: its namespace first, then what is in it.

    Args:
        project: The project.
        settings: What is the same for all projects.
        counted: Resources of which a project has a number at most, such as
            ``pytorchjobs.kubeflow.org``.
        sources: Data sources of the project and of its environments.
    """
    return [
        build_namespace(project, sources),
        # Early: the copies of pull secrets, made last, need the right to write them.
        *(
            build_role_binding(
                project,
                _OPERATOR_ROLE,
                settings.operator_service_account,
                settings.platform_namespace,
            )
            for _ in settings.image_pull_secrets[:1]
        ),
        build_service_account(project, settings),
        build_service_account(project, settings, LAUNCHER_ACCOUNT),
        *(
            in_namespace(project, "networking.k8s.io/v1", "NetworkPolicy", name)
            | {"spec": spec}
            for name, spec in build_policies(settings).items()
        ),
        build_quota(project),
        build_job_quota(project, settings, counted),
        build_limits(project),
        *(
            manifest
            for category in VolumeCategory
            for manifest in build_volume(project, category, settings.storage)
        ),
        *build_data_volumes(project, sources, settings.storage),
        build_role_binding(
            project,
            _HUB_ROLE,
            settings.hub_service_account,
            settings.platform_namespace,
        ),
        build_role_binding(
            project,
            _TRAINING_ROLE,
            settings.training_service_account,
            settings.platform_namespace,
        ),
    ]


def build_namespace(project: Project, sources: Iterable[SourceState] = ()) -> Manifest:
    """Build the namespace, in which only *restricted* pods are admitted.

    Args:
        project: The project.
        sources: Data sources that its pods may mount.
    """
    levels = {
        f"pod-security.kubernetes.io/{mode}": "restricted"
        for mode in ("enforce", "audit", "warn")
    }
    manifest = cluster_wide(project, "v1", "Namespace", project_namespace(project.name))
    manifest["metadata"]["labels"] |= levels
    manifest["metadata"]["annotations"] = namespace_annotations(project.name, sources)
    return manifest


def build_service_account(
    project: Project, settings: NamespaceSettings, name: str = "default"
) -> Manifest:
    """Build an account of pods: no token, and the secrets to pull images with.

    Args:
        project: The project.
        settings: What is the same for all projects.
        name: Of the account. The Training Operator gives launchers of MPIJobs rights
            on their workers; so they have one of their own, and that of all other pods
            never has any.
    """
    account = in_namespace(project, "v1", "ServiceAccount", name)
    account["automountServiceAccountToken"] = False
    if settings.image_pull_secrets:
        account["imagePullSecrets"] = [
            {"name": pull_secret_name(each)} for each in settings.image_pull_secrets
        ]
    return account


def build_role_binding(
    project: Project, role: str, service_account: str, platform_namespace: str
) -> Manifest:
    """Let one of the platform's accounts work in this namespace.

    Args:
        project: The project.
        role: Name of the ClusterRole; also of the binding.
        service_account: Name of the platform's account.
        platform_namespace: Where the account is.
    """
    binding = in_namespace(project, "rbac.authorization.k8s.io/v1", "RoleBinding", role)
    binding["roleRef"] = {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": "ClusterRole",
        "name": role,
    }
    binding["subjects"] = [
        {
            "kind": "ServiceAccount",
            "name": service_account,
            "namespace": platform_namespace,
        }
    ]
    return binding
