"""Whatever fits the OpenAPI description, and much that does not, is answered as it says, and never by a fault."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings

from labeler.accounts.models import User
from labeler.api import keys
from labeler.api.models import ApiKey
from labeler.labeling.models import Post, Project

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")

schemathesis.serializer.alias("application/x-ndjson", "text/plain")

# A request may fit the description and still name labels, tokens or files that do not exist.
EXCLUDED = [checks.positive_data_acceptance]


@pytest.fixture
def secret(person: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(keys, "A_MINUTE", 1_000_000)
    return keys.make(person("fuzz", "admin"), "fuzz", list(keys.SCOPES))[1]


@pytest.mark.slow
def test_the_description_holds(
    transactional_db: None, project: Project, take: Callable[..., Post], secret: str
) -> None:
    take()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    headers = {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}
    count = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        count += 1

        @settings(
            max_examples=25,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            # Half of the addresses would name nothing: these name what there is.
            if "slug" in case.path_parameters and len(case.path_parameters["slug"]) % 2:
                case.path_parameters["slug"] = project.slug
            case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

        run()
    assert count > 15
    assert ApiKey.objects.get().used > count
