"""Customers, their orders, and what custrata says of them."""
