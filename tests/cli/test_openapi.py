"""`custrata openapi`: the document, without a store."""

import json


def test_the_document_is_printed_and_no_store_is_made(place, tmp_path):
    shown = place.run("openapi")
    assert shown.exit_code == 0
    found = json.loads(shown.output)
    assert found["openapi"] == "3.1.0"
    assert "/api/v1/customers/{customer_id}/reasons" in found["paths"]
    assert list(tmp_path.glob("*.db")) == []
