"""All endpoints of the API."""

from typing import Final

from infra.desk.api import (
    account_resource,
    attendance_resource,
    hall_resource,
    hour_resource,
    mark_resource,
    reference_resource,
    term_resource,
)
from infra.desk.api import site_resource as site
from infra.desk.api.calls import Endpoint

__all__ = ["ENDPOINTS"]

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *hall_resource.ENDPOINTS,
    *hour_resource.ENDPOINTS,
    *attendance_resource.ENDPOINTS,
    *mark_resource.ENDPOINTS,
    *reference_resource.ENDPOINTS,
    *term_resource.ENDPOINTS,
    *account_resource.ENDPOINTS,
    *site.ENDPOINTS,
)
