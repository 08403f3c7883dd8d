"""The database: typed models, migrations, bulk reading and writing, locks.

What a record means and when it may change is the services' business; this package knows tables.
"""
