"""XGBoost: every replica knows its rank and the address of rank 0, the master."""

from __future__ import annotations

from mofang_api.declarations import (
    Example,
    FrameworkDeclaration,
    RoleRule,
    workers,
)

DECLARATION = FrameworkDeclaration(
    name="xgboost",
    order=50,
    title="XGBoost",
    form_label="XGBoost",
    description=(
        "the program in the master and the workers, with its rank and the address of "
        "rank 0"
    ),
    roles=(
        RoleRule(
            name="master", min_replicas=1, max_replicas=1, description="is rank 0"
        ),
        workers(min_replicas=0),
    ),
    leader="master",
    success_role="master",
    port=9999,
    variables={
        "MASTER_ADDR": "{leader_host}",
        "MASTER_PORT": "{port}",
        "WORLD_SIZE": "{replicas}",
        "RANK": "{rank}",
    },
    environment="xgboost",
    examples=(
        Example(script="xgboost/train.py", options="--replicas 2 --set epochs=20"),
    ),
    examples_show="boosting over rows that are spread over workers",
)
