"""The OpenAPI document, and the page over it in a real browser."""

import json

import pytest
import yaml

from custrata.api import PREFIX, document
from custrata.service.people.roles import ACTIONS
from tests.admin.conftest import Browser, driver, serving  # noqa: F401 - a fixture

DOCUMENT = document()


def operations():
    for path, methods in DOCUMENT["paths"].items():
        yield from ((path, one, said) for one, said in methods.items() if one != "parameters")


def test_every_operation_says_what_it_is_and_takes():
    names = [said["operationId"] for *_, said in operations()]
    assert len(set(names)) == len(names)
    for path, method, said in operations():
        assert said["summary"], path
        assert set(said["security"][0]["token"]) <= set(ACTIONS)
        assert {"401", "403", "429", "500", "503"} <= set(map(str, said["responses"])), path
        assert "default" not in said["responses"], "it would document any answer"
        if method in ("put", "patch"):
            assert "requestBody" in said, path


def test_every_problem_is_documented_as_one():
    for name, said in DOCUMENT["components"]["responses"].items():
        assert list(said["content"]) == ["application/problem+json"], name


def test_the_document_is_served_to_everybody_and_holds_plain_values(seen):
    answer = seen.http.get(f"{PREFIX}/openapi.json")
    assert answer.json["info"]["title"] == "custrata"
    assert yaml.safe_load(answer.text) == answer.json


def test_the_document_says_what_a_generated_client_needs():
    schemas, answers = DOCUMENT["components"]["schemas"], DOCUMENT["components"]["responses"]
    kinds = schemas["StandsOut"]["properties"]["label"]
    assert (kinds["type"], kinds["items"]) == (["string", "array", "null"], {"type": "string"})
    assert schemas["TransactionsRow"]["properties"]["amount"]["examples"] == ["1250000"]
    assert schemas["CustomersRow"]["properties"]["attributes"]["maxProperties"] == 200
    assert "classified" in schemas["BatchOut"]["description"]
    assert "Retry-After" in answers["TOO_MANY_REQUESTS"]["headers"]
    replayed = DOCUMENT["paths"][f"{PREFIX}/transactions"]["post"]["responses"]["200"]["headers"]
    assert "Idempotent-Replayed" in replayed
    kept = schemas["OneContacts"]["properties"]["note"]["maxLength"]
    assert (kept, schemas["ContactsRow"]["properties"]["note"]["maxLength"]) == (2_000, 100_000)
    assert schemas["OneSurveys"]["properties"]["answer"]["maxLength"] == 2_000
    text = json.dumps(DOCUMENT)
    unused = [name for name in schemas if f'schemas/{name}"' not in text]
    assert unused == []


@pytest.mark.usefixtures("seen")
def test_the_page_shows_operations_and_asks_no_other_server(seen, driver):  # noqa: F811
    if "docs" not in seen.app.view_functions:
        pytest.skip("left out: Swagger UI was not brought from npm; run make")
    driver.get_log("browser")
    with serving(seen.app) as address:
        browser = Browser(driver, address)
        browser.open(f"{PREFIX}/docs")
        assert browser.sees("List customers, by id.", 30)
        hosts = browser.run(
            "return performance.getEntriesByType('resource').map(one => new URL(one.name).origin)"
        )
        assert {one for one in hosts if one != "null"} == {address}
        dark = "return document.documentElement.classList.contains('dark-mode')"
        for scheme in ("dark", "light"):
            wanted = [{"name": "prefers-color-scheme", "value": scheme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})
            browser.wait(lambda driver, as_=scheme: driver.execute_script(dark) == (as_ == "dark"))
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
        browser.quiet()
        driver.get("about:blank")
