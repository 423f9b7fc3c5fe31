"""One container, one program."""

from __future__ import annotations

from mofang_api.declarations import Example, FrameworkDeclaration, workers

DECLARATION = FrameworkDeclaration(
    name="single",
    order=1000,
    title="Single process",
    form_label="Single process (no framework)",
    description="one program in one container",
    roles=(workers(max_replicas=1),),
    environment="base",
    examples=(
        Example(script="single/train.py", options="--set epochs=50"),
        Example(script="single/train.ipynb", options="--set epochs=50"),
    ),
    examples_show="one program, and one notebook with parameters",
)
