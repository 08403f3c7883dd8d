"""Settings of a site for trying out: `CRM_FOLDER` says where its data are."""

import os
import secrets
from pathlib import Path

BASE = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("CRM_FOLDER", BASE))
SECRET_KEY = os.environ.get("CRM_SECRET") or secrets.token_hex()
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "crm",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "site_crm.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "crm.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "customers"
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True
CUSTRATA_DATABASE = f"sqlite:///{FOLDER / 'custrata.db'}"
