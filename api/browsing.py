"""The OpenAPI document, and Swagger UI over it: from this server alone, no other is asked."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from flask import Flask, Response, jsonify, render_template, request

ASSETS = ("swagger-ui.css", "swagger-ui-bundle.js")
"""What `make` brings from npm; where it is missing there is no page."""


def install(app: Flask, prefix: str, content: dict[str, Any]) -> None:
    """Serve the document, and the page where its assets are there. Both hold nothing of a firm."""

    def openapi() -> Response:
        here = {"servers": [{"url": request.script_root or "/"}]}  # below a host's prefix, too
        return jsonify({**content, **here})

    def page() -> str:
        return render_template("swagger.html", assets=ASSETS)

    app.add_url_rule(f"{prefix}/openapi.json", "openapi", openapi)
    vendor = files("custrata") / "api" / "static" / "vendor"
    if all((vendor / one).is_file() for one in ASSETS):
        app.add_url_rule(f"{prefix}/docs", "docs", page)
