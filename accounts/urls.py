"""Routes of a person's own pages."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
