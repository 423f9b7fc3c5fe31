"""The OpenAPI document of the training service, made from its route table.

Paths and verbs come from the routes, schemas from the models of the wire format and
their docstrings. What neither tells is in ``OPERATIONS``: one entry for each verb of
each handler. A route without an entry is an error, so that nothing is left out.
"""

from __future__ import annotations

from mofang_api.models.schema import field_docs
from mofang_jobs.api.openapi.document import build_document, list_endpoints
from mofang_jobs.api.openapi.operations import OPERATIONS

__all__ = ["OPERATIONS", "build_document", "field_docs", "list_endpoints"]
