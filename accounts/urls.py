"""Routes of a person's own pages."""

from django.urls import path

from accounts import views

urlpatterns = [path("", views.me, name="me")]
