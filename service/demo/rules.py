"""The rules of the made-up firm: those that ship, and what only the firm can know."""

from __future__ import annotations

from datetime import date, timedelta

from custrata.service.company.firm import firm
from custrata.service.demo.shipped import shipped_rules

_CLASSIFIERS = "\nclassifiers:\n"
_OFF, _ON = "  adopter: {enabled: false}\n", "  adopter: {}\n"


def firm_rules(last_day: date) -> str:
    """The shipped rules with the firm's longest known novelty: the product, and its launch."""
    product = max(firm().products, key=lambda one: one.launched or 0)
    assert product.launched is not None
    launch = last_day - timedelta(days=product.launched)
    named = f"{{measure: adoption_days, product: {product.name}, launch: {launch}}}"
    text = shipped_rules()
    assert _CLASSIFIERS in text
    assert _OFF in text
    return text.replace(
        _CLASSIFIERS, f"\nmeasures:\n  adoption_days: {named}\n{_CLASSIFIERS}", 1
    ).replace(_OFF, _ON)
