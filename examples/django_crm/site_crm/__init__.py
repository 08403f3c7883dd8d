"""The site: settings and WSGI."""
