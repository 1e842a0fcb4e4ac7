"""Rosters made by optimisation: models, engines, improvement, reasons when there is none."""
