"""Connectors: a CRM's own tables, or the files it exports, read by a mapping; labels back into it.

Nothing here knows the store: customers of a CRM are classified where they are.
"""
