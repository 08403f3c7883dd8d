"""A list of customers with their segments, and forms that add to it."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from crm.models import Customer

DIGITS = 12
"""Of an amount in đồng: what has more is a slip, and at some size more than tables take."""


@login_required
def customers(request):
    """The customers, by name."""
    found = Customer.objects.annotate(ordered=Count("orders")).order_by("name")[:100]
    return render(request, "crm/customers.html", {"customers": found})


@login_required
@require_POST
def add_customer(request):
    """One more."""
    name = request.POST.get("name", "").strip()
    if not name:
        raise BadRequest("a customer needs a name")
    Customer.objects.create(name=name)
    return redirect("customers")


@login_required
@require_POST
def add_order(request, number):
    """Somebody ordered; saving it labels her, see `crm.signals`."""
    amount = request.POST.get("amount", "")
    if not amount.isdecimal() or len(amount) > DIGITS or not int(amount):
        raise BadRequest(f"an order needs an amount, of up to {DIGITS} digits")
    get_object_or_404(Customer, pk=number).orders.create(amount=int(amount))
    return redirect("customers")
