"""All endpoints of the API."""

from typing import Final

from infra.desk.api import attendance_resource, hall_resource, hour_resource, mark_resource, reference_resource
from infra.desk.api import consent_resource as consent
from infra.desk.api import photo_resource as photos
from infra.desk.api import site_resource as site
from infra.desk.api.calls import Endpoint

__all__ = ["ENDPOINTS"]

ENDPOINTS: Final[tuple[Endpoint, ...]] = (
    *hall_resource.ENDPOINTS,
    *hour_resource.ENDPOINTS,
    *attendance_resource.ENDPOINTS,
    *mark_resource.ENDPOINTS,
    *reference_resource.ENDPOINTS,
    *consent.ENDPOINTS,
    *photos.ENDPOINTS,
    *site.ENDPOINTS,
)
