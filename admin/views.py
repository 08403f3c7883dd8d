"""The pages of the panel, in the order of its menu."""

from __future__ import annotations

from custrata.admin.page import Page
from custrata.admin.pages.dashboard import Dashboard

DASHBOARD: type[Page] = Dashboard
PAGES: tuple[type[Page], ...] = ()
