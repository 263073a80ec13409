"""Addresses for tests of the design system alone: its own pages and stand-ins for those of packages above it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.i18n import set_language


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/shell.html")


def sign_in(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/sign_in.html")


urlpatterns = [
    path("", include("siyu.ui.web.urls")),
    path("language/", set_language, name="set_language"),
    path("sign-in/", sign_in, name="sign-in"),
    path("overview/", page, name="overview"),
    path("people/", page, name="people"),
    path("people/segments/", page, name="segments"),
]
