"""Figures of runs: worked out when a run lands, so that no page has to count everyone."""

from custrata.service.figures.alerts import Alert, alerts
from custrata.service.figures.kept import Figures, figures_of, latest

__all__ = ["Alert", "Figures", "alerts", "figures_of", "latest"]
