"""What `openapi.json` cannot say: valid requests that may be refused all the same, by code and detail, each with why.

Stands in for the check `positive_data_acceptance`, which is asked first and believed in everything else.
"""

from __future__ import annotations

import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi.checks import positive_data_acceptance

MAY_BE_REFUSED = [
    ("INVALID_CURSOR", "", "a cursor is one that an answer gave: no pattern tells it from another text"),
    ("EVENTS_GONE", "", "a number of an event that is no longer kept, or was never given"),
    ("UNSUPPORTED_FORMAT", "", "bytes, or a name of a format, that this service does not read"),
    ("WEBHOOK_URL_REFUSED", "", "an address that is none, or is not public"),
    ("INVALID_REQUEST", "NUL|valid Unicode", "NUL deep inside metadata, where the schema lets anything be"),
    ("INVALID_REQUEST", "__proto__", "a name that objects of JavaScript lose"),
    ("INVALID_REQUEST", "does not go with externalId", "the fields of a form, of which the schema cannot forbid a pair"),
    ("INVALID_REQUEST", "nested|levels deep|of more than", "depth and number over all parts of a condition"),
    ("INVALID_REQUEST", "charEnd: must be above charStart", "one number of a query judged by another"),
    ("INVALID_REQUEST", "The file is empty", "bytes, of which a schema for forms has no least length"),
    ("INVALID_REQUEST", "metadata: |at most .* bytes as JSON", "a condition in a query is JSON in a text"),
]


@schemathesis.check
def refuses_only_what_it_says(ctx, response, case):
    try:
        positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        problem = response.json()
        code, detail = problem.get("code", ""), problem.get("detail", "")
        if not any(code == known and re.search(words, detail) for known, words, _ in MAY_BE_REFUSED):
            raise
