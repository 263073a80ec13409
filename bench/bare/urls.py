"""The product's addresses, and a `NinjaAPI` without admission, limits or permissions of the caller beside them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import include, path
from ninja import NinjaAPI

from siyu.api.schemas.audiences import AudienceList
from siyu.api.schemas.customers import CustomerOut, CustomerPage
from siyu.api.schemas.paging import Limit
from siyu.api.schemas.rfm import SnapshotOut
from siyu.audiences import queries as audiences
from siyu.audiences.contracts import RfmParams
from siyu.customers import queries as customers
from siyu.org.contracts import SYSTEM

api = NinjaAPI(urls_namespace="bare", openapi_url=None)


@api.get("/customers", response=CustomerPage)
def list_customers(request: HttpRequest, limit: Limit = 50) -> Any:
    return customers.search(SYSTEM, limit=limit)


@api.get("/customers/{int:customer_id}", response=CustomerOut)
def get_customer(request: HttpRequest, customer_id: int) -> Any:
    return customers.customer(SYSTEM, customer_id)


@api.get("/audiences", response=AudienceList)
def list_audiences(request: HttpRequest) -> Any:
    return {"items": audiences.audiences(SYSTEM)}


@api.get("/rfm", response=SnapshotOut)
def get_snapshot(request: HttpRequest) -> Any:
    return audiences.rfm_snapshot(SYSTEM, RfmParams(audiences.rfm_today()))


# Sign-in is asked for outside /api/, so the bare operations stand within it.
urlpatterns = [path("api/bare/", api.urls), path("", include("siyu.config.urls"))]
