"""Errors as they are raised where Kubernetes refuses something."""

from kubernetes_asyncio.client import ApiException

from mofang_kube.errors import MofangError, from_api


def refusal(status: int) -> MofangError:
    """Return the error of ours for an answer; 0 where there was none."""
    answer = ApiException(status=status, reason="refused")
    error = from_api(answer, "write", "Thing", "x")
    error.__cause__ = answer
    return error
