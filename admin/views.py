"""The pages of the panel, in the order of its menu."""

from __future__ import annotations

from custrata.admin.page import Page
from custrata.admin.pages.audit import Audit
from custrata.admin.pages.customer import Customer
from custrata.admin.pages.customers import Customers
from custrata.admin.pages.dashboard import Dashboard
from custrata.admin.pages.filters import Filters
from custrata.admin.pages.groups import Groups
from custrata.admin.pages.imports import Imports
from custrata.admin.pages.people import Me, People
from custrata.admin.pages.plugins import Plugins
from custrata.admin.pages.publishing import Publishing
from custrata.admin.pages.rules import Rules
from custrata.admin.pages.runs import Runs
from custrata.admin.pages.settings import FirmSettings
from custrata.admin.pages.sources import Sources
from custrata.admin.pages.stages import Stages

DASHBOARD: type[Page] = Dashboard
PAGES: tuple[type[Page], ...] = (
    Customers,
    Customer,
    Filters,
    Groups,
    Sources,
    Stages,
    Rules,
    Publishing,
    Runs,
    Imports,
    Audit,
    People,
    Plugins,
    FirmSettings,
    Me,
)
