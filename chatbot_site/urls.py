"""Every HTTP route of the site."""

from django.contrib import admin
from django.urls import include, path

from chatbot_site import health
from chatbot_site.media import picture

urlpatterns = [
    path("", include("conversations.urls")),
    path("accounts/", include("allauth.urls")),
    path("me/", include("accounts.urls")),
    path("admin/", admin.site.urls),
    path("media/<path:name>", picture, name="picture"),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
]

handler400 = "chatbot_site.errors.bad_request"
handler403 = "chatbot_site.errors.permission_denied"
handler404 = "chatbot_site.errors.page_not_found"
handler429 = "chatbot_site.errors.too_many_requests"
handler500 = "chatbot_site.errors.server_error"
