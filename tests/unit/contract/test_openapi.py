"""The OpenAPI document says what the routes do."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest

from shared.contract.openapi import FULL_EXAMPLE, MINIMAL_EXAMPLE, openapi, openapi_json
from shared.contract.requests import RecommendRequest
from shared.serving.routes import ROUTES, URLS
from tests.fakes.serving import Api, make_service


def test_it_holds_the_routes_that_are_served_and_no_others() -> None:
    document = openapi()
    paths = {rule.rule.replace("<", "{").replace(">", "}"): rule for rule in URLS.iter_rules()}
    assert set(document["paths"]) == set(paths)
    for path, operations in document["paths"].items():
        assert {method.upper() for method in operations} == (paths[path].methods or set()) - {"HEAD", "OPTIONS"}
        for operation in operations.values():
            public = operation.get("security") == []
            assert public != ROUTES[paths[path].endpoint].needs_key


def test_every_reference_leads_somewhere() -> None:
    document = openapi()

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            found = [value["$ref"]] if "$ref" in value else []
            return found + [ref for inner in value.values() for ref in references(inner)]
        return [ref for inner in value for ref in references(inner)] if isinstance(value, list) else []

    for reference in references(document):
        target: object = document
        for part in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict)
            target = target[part]


@pytest.mark.parametrize("example", [MINIMAL_EXAMPLE, FULL_EXAMPLE])
def test_its_examples_are_what_its_schema_says(example: dict[str, object]) -> None:
    document = openapi()
    schema = {"$ref": "#/components/schemas/RecommendRequest", "components": document["components"]}
    jsonschema_rs.validator_for(schema).validate(example)


def test_ranges_and_every_field_of_a_request_are_in_it() -> None:
    schema = openapi()["components"]["schemas"]["RecommendRequest"]
    assert set(schema["properties"]) == set(RecommendRequest.model_fields)
    assert (schema["properties"]["lap"]["minimum"], schema["properties"]["lap"]["maximum"]) == (1, 200)
    assert schema["properties"]["n_scenarios"]["maximum"] == 100_000
    assert '"ge"' not in openapi_json()


def test_recommend_tells_every_error_and_answers_stay_open_to_more_fields() -> None:
    document = openapi()
    responses = document["paths"]["/recommend"]["post"]["responses"]
    assert set(responses) == {"200", "400", "401", "404", "405", "413", "415", "422", "429", "500", "503"}
    assert "additionalProperties" not in document["components"]["schemas"]["RecommendAnswer"]


def test_it_is_served_as_it_is(tmp_path: object) -> None:
    api = Api(make_service(tmp_path))  # type: ignore[arg-type]
    assert api.client.get("/openapi.json").json == json.loads(openapi_json())
