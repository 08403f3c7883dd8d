"""A customer is labelled whenever an order of hers is saved."""

from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from crm.models import Customer, Order
from crm.segments import panel


@receiver(post_save, sender=Order)
def classify(sender, instance, **_more):
    """Ask the rules in force, with all that she ordered."""
    orders = Order.objects.filter(customer=instance.customer_id).values("ordered_at", "amount")
    sales = [{"occurred_at": one["ordered_at"], "amount": one["amount"]} for one in orders]
    known = panel.engine().customer(as_of=timezone.localdate(), transactions=sales)
    Customer.objects.filter(pk=instance.customer_id).update(label=known.labels["rfm"])
