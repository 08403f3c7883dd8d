"""Addresses of pages that others lead to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode, urlsplit

from flask import Flask, request, url_for

from custrata.service.customers.question import NONE


def install(app: Flask) -> None:
    """The same for templates."""
    app.jinja_env.globals.update(
        home=home,
        this_page=this_page,
        to_customers=to_customers,
        to_label=to_label,
        to_customer=to_customer,
        to_page=to_page,
    )


def home() -> str:
    """The panel's first page; below a prefix where the panel is part of another application."""
    return url_for("dashboard.index")


def this_page() -> str:
    """The address at hand, if it can be asked for again; else the first page."""
    return f"{request.script_root}{request.full_path}" if request.method == "GET" else home()


def local(address: str | None) -> str:
    """The address, if it leads to this panel; else its first page."""
    try:
        parts = urlsplit(address or "")
    except ValueError:  # a bracket that belongs to no host
        return home()
    ours = not parts.scheme and not parts.netloc and parts.path.startswith(home())
    clean = "\\" not in (address or "") and not (address or "").startswith("//")
    return address if address and ours and clean and address.isprintable() else home()


def to_page(address: str) -> str:
    """The first page of a family, by its part of the address."""
    return f"{home()}{address}/"


def to_customers(**asked: str | None) -> str:
    """The list of customers, filtered: `label` (classifier:label), `stage`, `source`, `owner`.

    None asks for those who have none of a field.
    """
    values = {field: NONE if value is None else value for field, value in asked.items()}
    return f"{to_page('customers')}?{urlencode(values)}"


def to_label(classifier: str, label: str | None) -> str:
    """The customers of a segment; None for those to whom a classifier gives no label."""
    return to_customers(label=f"{classifier}:{NONE if label is None else label}")


def to_labels(labels: Mapping[str, str | None]) -> str:
    """The customers who have a label of each of several classifiers."""
    values = [f"{name}:{NONE if label is None else label}" for name, label in labels.items()]
    return f"{to_page('customers')}?{urlencode({'label': values}, doseq=True)}"


def to_customer(customer_id: str) -> str:
    """The page of a customer."""
    return to_page("customers") + quote(customer_id, safe="")
