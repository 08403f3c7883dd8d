"""Typed models of all tables."""

from __future__ import annotations

from custrata.store.models.base import Base
from custrata.store.models.customers import (
    Customer,
    CustomerWord,
    Group,
    Membership,
    OwnerChange,
    Source,
    Stage,
    StageChange,
)
from custrata.store.models.facts import (
    Contact,
    Feedback,
    Import,
    Opportunity,
    SourceCost,
    SurveyAnswer,
    Target,
    Transaction,
    Visit,
)
from custrata.store.models.people import AuditEvent, Job, Receipt, SavedFilter, Token, User
from custrata.store.models.rules import (
    Approval,
    ClosedDay,
    Draft,
    DraftSave,
    RulesetVersion,
    Setting,
    Treatment,
)
from custrata.store.models.runs import (
    CalibrationRow,
    Counter,
    LabelChange,
    LabelNow,
    Outgoing,
    Run,
    RunChunk,
    RunFigure,
)

__all__ = [
    "Approval",
    "AuditEvent",
    "Base",
    "CalibrationRow",
    "ClosedDay",
    "Contact",
    "Counter",
    "Customer",
    "CustomerWord",
    "Draft",
    "DraftSave",
    "Feedback",
    "Group",
    "Import",
    "Job",
    "LabelChange",
    "LabelNow",
    "Membership",
    "Opportunity",
    "Outgoing",
    "OwnerChange",
    "Receipt",
    "RulesetVersion",
    "Run",
    "RunChunk",
    "RunFigure",
    "SavedFilter",
    "Setting",
    "Source",
    "SourceCost",
    "Stage",
    "StageChange",
    "SurveyAnswer",
    "Target",
    "Token",
    "Transaction",
    "Treatment",
    "User",
    "Visit",
]
