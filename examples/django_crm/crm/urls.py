"""Addresses of the CRM; the panel's, below /segments, are not Django's."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from crm import views

urlpatterns = [
    path("", views.customers, name="customers"),
    path("customers/", views.add_customer, name="add_customer"),
    path("customers/<int:number>/orders/", views.add_order, name="add_order"),
    path("sign-in/", LoginView.as_view(template_name="crm/sign_in.html"), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
]
