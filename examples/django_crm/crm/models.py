"""Customers and their orders."""

from django.db import models


class Customer(models.Model):
    """Somebody who orders; `label` is what custrata said last."""

    name = models.CharField(max_length=200)
    label = models.TextField(blank=True)


class Order(models.Model):
    """What a customer ordered, in đồng."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders")
    ordered_at = models.DateTimeField(auto_now_add=True)
    amount = models.PositiveBigIntegerField()
