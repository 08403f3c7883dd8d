"""The pages of the panel, in the order of its menu."""

from __future__ import annotations

from custrata.admin.page import Page
from custrata.admin.pages.adoption import Adoption
from custrata.admin.pages.audit import Audit
from custrata.admin.pages.brief import BriefPage
from custrata.admin.pages.crossing import Crossing
from custrata.admin.pages.customer import Customer
from custrata.admin.pages.customers import Customers
from custrata.admin.pages.dashboard import Dashboard
from custrata.admin.pages.feedback import Feedback
from custrata.admin.pages.filters import Filters
from custrata.admin.pages.forecast import Forecast
from custrata.admin.pages.funnel import FunnelPage
from custrata.admin.pages.groups import Groups
from custrata.admin.pages.hand_over import HandOver
from custrata.admin.pages.imports import Imports
from custrata.admin.pages.lists import Lists
from custrata.admin.pages.morning import MorningPage
from custrata.admin.pages.pareto import Pareto
from custrata.admin.pages.people import Me, People
from custrata.admin.pages.plugins import Plugins
from custrata.admin.pages.privacy import Privacy
from custrata.admin.pages.publishing import Publishing
from custrata.admin.pages.questions import Questions
from custrata.admin.pages.results import ResultsPage
from custrata.admin.pages.rules import Rules
from custrata.admin.pages.runs import Runs
from custrata.admin.pages.settings import FirmSettings
from custrata.admin.pages.sources import Sources
from custrata.admin.pages.staff import SalesTeam
from custrata.admin.pages.stages import Stages
from custrata.admin.pages.steps import Steps
from custrata.admin.pages.today import Today
from custrata.admin.pages.visits import Visits
from custrata.admin.pages.webhooks import Webhooks

DASHBOARD: type[Page] = Dashboard
PAGES: tuple[type[Page], ...] = (
    MorningPage,
    Today,
    Visits,
    Lists,
    HandOver,
    ResultsPage,
    Forecast,
    FunnelPage,
    BriefPage,
    SalesTeam,
    Steps,
    Customers,
    Customer,
    Filters,
    Feedback,
    Questions,
    Groups,
    Sources,
    Stages,
    Pareto,
    Adoption,
    Crossing,
    Rules,
    Publishing,
    Runs,
    Imports,
    Audit,
    Privacy,
    People,
    Plugins,
    FirmSettings,
    Webhooks,
    Me,
)
