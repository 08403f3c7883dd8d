"""Migrations of the CRM's own tables."""
