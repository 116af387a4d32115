"""All endpoints of the API."""

from typing import Final

from infra.desk.api import (
    account_resource,
    appeal_resource,
    attendance_resource,
    consent_resource,
    hall_resource,
    hour_resource,
    load_resource,
    mark_resource,
    people_resource,
    photo_resource,
    reference_resource,
    report_resource,
    run_resource,
    term_resource,
    upkeep_resource,
    what_if_resource,
)
from infra.desk.api import site_resource as site
from infra.desk.api.calls import Endpoint

__all__ = ["ENDPOINTS"]

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *hall_resource.ENDPOINTS,
    *hour_resource.ENDPOINTS,
    *attendance_resource.ENDPOINTS,
    *mark_resource.ENDPOINTS,
    *appeal_resource.ENDPOINTS,
    *reference_resource.ENDPOINTS,
    *people_resource.ENDPOINTS,
    *consent_resource.ENDPOINTS,
    *photo_resource.ENDPOINTS,
    *load_resource.ENDPOINTS,
    *report_resource.ENDPOINTS,
    *what_if_resource.ENDPOINTS,
    *run_resource.ENDPOINTS,
    *upkeep_resource.ENDPOINTS,
    *term_resource.ENDPOINTS,
    *account_resource.ENDPOINTS,
    *site.ENDPOINTS,
)
