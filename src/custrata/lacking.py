"""Where libraries of an extra are not installed: what a host's programmer reads, and no REST."""

from __future__ import annotations

from types import ModuleType

OF_REST = ("apispec", "flask_smorest", "webargs")
"""The packages that the extra `api` alone brings."""


def lacking(module: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """The same error, with the remedy."""
    package = _package(error)
    if package in ("", "custrata"):  # a fault of ours, which no installing mends
        return error
    told = f"{module} needs {package}, which is not installed: pip install 'custrata[panel]'"
    return ModuleNotFoundError(told, name=error.name)


def rest() -> ModuleType | None:
    """`custrata.api`; None where its own libraries are not installed.

    Raises:
        ModuleNotFoundError: anything else is missing.
    """
    try:
        from custrata import api
    except ModuleNotFoundError as error:
        if _package(error) in OF_REST:
            return None
        raise
    return api


def _package(error: ModuleNotFoundError) -> str:
    return (error.name or "").partition(".")[0]
