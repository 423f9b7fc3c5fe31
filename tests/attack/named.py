"""Tests of the findings in docs/administrators/security.md that need the platform."""

NAMED: dict[str, tuple[str, ...]] = {
    "cluster": (
        "tests/cluster/test_job_network.py",
        "tests/cluster/test_network_policies.py",
        "tests/cluster/test_job_files.py",
        "tests/cluster/test_admission_accounts.py",
        "tests/cluster/test_admission_policies.py",
    ),
    "e2e": (
        "tests/e2e/test_origins.py",
        "tests/e2e/test_tls.py",
        "tests/e2e/test_debug.py",
        "tests/e2e/test_limits.py",
        "tests/e2e/test_server_tokens.py",
        "tests/e2e/test_audit.py",
        "tests/e2e/test_isolation.py",
        "tests/e2e/test_cve_classes.py",
    ),
}
"""By folder: each is a run of its own, as the browser's event loop stays to its end."""
