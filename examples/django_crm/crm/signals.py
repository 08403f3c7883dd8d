"""A customer is labelled whenever an order of hers is saved or deleted."""

import logging

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from crm.models import Customer, Order
from crm.segments import panel
from custrata import CustrataError

log = logging.getLogger(__name__)


@receiver([post_save, post_delete], sender=Order)
def classify(sender, instance, **_more):
    """Ask the rules in force, with all that she ordered; others change them in the panel."""
    orders = Order.objects.filter(customer=instance.customer_id).values("ordered_at", "amount")
    sales = [{"occurred_at": one["ordered_at"], "amount": one["amount"]} for one in orders]
    try:
        known = panel.engine().customer(as_of=timezone.localdate(), transactions=sales)
        label = known.text("rfm")
    except CustrataError:
        log.exception("customer %s keeps her label", instance.customer_id)
        return
    Customer.objects.filter(pk=instance.customer_id).update(label=label or "")
