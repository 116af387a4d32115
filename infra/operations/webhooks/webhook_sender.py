"""Sends a message to an address: signed as Standard Webhooks has it, to no place within the site's own network."""

import socket
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec
import urllib3
from standardwebhooks import Webhook

from infra.operations.webhooks.webhook_endpoints import webhook_of
from infra.operations.webhooks.webhook_outbox import WaitingWebhook
from schemas.settings import Settings

__all__ = ["is_public", "send_webhook", "test_webhook"]

CONNECT, ANSWER = 5.0, 10.0
"""Seconds that a receiver has."""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: neither this machine's nor a private network's."""
    found = ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_global and not (mapped or found).is_multicast


def send_webhook(settings: Settings, it: WaitingWebhook, now: datetime) -> str:
    """Send a message, and return why it was not taken; empty: it was.

    The host is looked up once, and what was found is what is asked: a name that leads elsewhere a moment later leads
    nowhere. Nothing that answers "elsewhere" is followed.
    """
    asked = urlsplit(it.endpoint.url)
    host = asked.hostname or ""
    port = asked.port or (443 if asked.scheme == "https" else 80)
    try:
        found = {str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return "its host has no address"
    allowed = sorted(each for each in found if settings.webhook_private or is_public(each))
    if not allowed:
        return "its host is of a private network (webhook_private)"
    body = it.body.encode()
    headers = {
        "host": asked.netloc,
        "content-type": "application/json",
        "user-agent": "naul",
        "webhook-id": it.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(it.endpoint.secret).sign(it.id, now, it.body),
    }
    timeout = urllib3.Timeout(connect=CONNECT, read=ANSWER)
    pool: urllib3.HTTPConnectionPool
    if asked.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            allowed[0], port, timeout=timeout, retries=False, server_hostname=host, assert_hostname=host
        )
    else:
        pool = urllib3.HTTPConnectionPool(allowed[0], port, timeout=timeout, retries=False)
    path = (asked.path or "/") + (f"?{asked.query}" if asked.query else "")
    try:
        with pool, pool.urlopen("POST", path, body, headers, redirect=False, preload_content=False) as answer:
            return "" if 200 <= answer.status < 300 else f"{answer.status}"
    except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        return type(error).__name__


def test_webhook(settings: Settings, url: str, now: datetime) -> str:
    """Send an address a message that tells nothing, and return why it was not taken; empty: it was.

    Raises:
        RefusedError: it is told nothing.
        UnavailableError: the file of the desk cannot be read now.
    """
    told = msgspec.json.encode({"type": "naul.test", "timestamp": now, "data": {}}).decode()
    return send_webhook(settings, WaitingWebhook(webhook_of(settings, url), uuid4().hex, told, 0, 0), now)
