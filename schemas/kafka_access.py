"""How a process shows Kafka who it is, and knows that what answers is Kafka: the same for every client."""

import socket
import ssl
import struct
from collections.abc import Iterable
from contextlib import ExitStack
from typing import Any, NamedTuple

from kafka.errors import KafkaConnectionError, SaslAuthenticationFailedError, UnsupportedSaslMechanismError

from schemas.errors import RefusedError
from schemas.kafka_tokens import KafkaTokens, TokenProvider, kafka_tokens
from schemas.secret_file import read_secret
from schemas.settings import Settings
from schemas.translations import Text

__all__ = ["OWN_USER", "KafkaAccess", "client_options", "kafka_access", "turned_away"]

OWN_USER = "naul"
"""Whom the broker of this machine knows by the secret of the home; he may do everything."""

TOKENS = "OAUTHBEARER"

METADATA, HANDSHAKE, UNSUPPORTED, ANSWER = 3, 17, 33, 10
"""Of Kafka's protocol: two questions, an error, and the bytes of an answer up to the end of its first short."""


class KafkaAccess(NamedTuple):
    """mechanism: of SASL; empty: none. context: of TLS; None: what is sent can be read on the way.

    tokens: what is shown instead of a password, of OAUTHBEARER.
    """

    mechanism: str = ""
    user: str = ""
    password: str = ""
    context: ssl.SSLContext | None = None
    tokens: KafkaTokens | None = None

    @property
    def protocol(self) -> str:
        """What Kafka calls it."""
        return ("SASL_" if self.mechanism else "") + ("SSL" if self.context else "PLAINTEXT")

    def __repr__(self) -> str:
        return f"KafkaAccess({self.protocol}, {self.mechanism or 'nobody'}, {self.user!r}, password hidden)"


def kafka_access(settings: Settings) -> KafkaAccess:
    """Return how to reach the Kafka of a site.

    Raises:
        RefusedError: a file of secrets or certificates is not there, or not as it has to be.
    """
    if settings.own_broker:
        secret = read_secret(settings.kafka_password_file)
        return KafkaAccess("PLAIN", OWN_USER, secret) if secret else KafkaAccess()
    context = _context(settings.kafka_ca) if settings.kafka_tls else None
    if settings.kafka_sasl == "none":
        return KafkaAccess(context=context)
    password = settings.kafka_password or read_secret(settings.kafka_password_file)
    if not password:
        raise RefusedError(
            Text("there is no password for {user} at Kafka", user=settings.kafka_user),
            Text(
                "Set NAUL_KAFKA_PASSWORD, or write it alone into {file} (mode 0600).", file=settings.kafka_password_file
            ),
        )
    if settings.kafka_sasl == TOKENS:
        tokens = kafka_tokens(settings.kafka_token_url, settings.kafka_user, password, settings.kafka_token_scope)
        return KafkaAccess(TOKENS, settings.kafka_user, "", context, tokens)
    return KafkaAccess(settings.kafka_sasl, settings.kafka_user, password, context)


def client_options(settings: Settings) -> dict[str, Any]:
    """Return what a client of kafka-python is given.

    Raises:
        RefusedError: as of ``kafka_access``, or the token server knows no such client.
        UnavailableError: the token server does not answer.
    """
    it = kafka_access(settings)
    options: dict[str, Any] = {"security_protocol": it.protocol}
    if it.context:
        options["ssl_context"] = it.context
    if it.tokens:
        it.tokens.token()  # here it is told why there is none; the thread of a client only goes on trying
        options |= {"sasl_mechanism": it.mechanism, "sasl_oauth_token_provider": TokenProvider(it.tokens)}
    elif it.mechanism:
        options |= {"sasl_mechanism": it.mechanism, "sasl_plain_username": it.user, "sasl_plain_password": it.password}
    return options


def turned_away(settings: Settings, errors: Iterable[BaseException]) -> tuple[Text, Text | str] | None:
    """Return why Kafka did not let a client in, and what to do; None: nothing says that it did not.

    errors: with which connections ended while the client was opened.
    """
    where, ended = settings.bootstrap, list(errors)
    refused = any(isinstance(each, SaslAuthenticationFailedError) for each in ended)
    # Of most attempts kafka-python only hears that the connection ended. So the broker is asked once more.
    said = None if refused else _handshake(settings)
    if said == UNSUPPORTED or any(isinstance(each, UnsupportedSaslMechanismError) for each in ended):
        what = Text("Kafka at {where} does not take {mechanism}", where=where, mechanism=settings.kafka_sasl)
        return what, Text("Set kafka_sasl to what the cluster takes.")
    if refused or (said == 0 and any(isinstance(each, KafkaConnectionError) for each in ended)):
        what = Text("Kafka at {where} does not let {user} in", where=where, user=settings.kafka_user or OWN_USER)
        own = Text("The broker on this port is of another home, or of another secret than {file}.",
                   file=settings.kafka_password_file)  # fmt: skip
        return what, own if settings.own_broker else Text("Correct kafka_user, kafka_sasl or the password.")
    if settings.own_broker:
        return None
    if settings.kafka_tls and (detail := _distrust(settings)):
        what = Text("Kafka at {where} could not be trusted ({detail})", where=where, detail=detail)
        return what, Text("Set kafka_ca to the PEM file of the authority that signed the certificates of the brokers.")
    if _hangs_up(settings):
        what = Text("Kafka at {where} closes every connection", where=where)
        if not settings.kafka_tls:
            return what, Text("Set kafka_tls if it speaks TLS, and kafka_sasl and kafka_user if it asks who comes.")
        if settings.kafka_sasl == "none":
            return what, Text("Set kafka_sasl and kafka_user: it may ask who comes.")
    return None


def _hangs_up(settings: Settings) -> bool:
    """Whether a broker takes connections, and ends them when it is asked what anybody may ask."""
    answer = _asked(settings, struct.pack(">hhih4si", METADATA, 4, 1, 4, b"naul", 0) + b"\0", None)
    return answer is not None and answer[4:8] != struct.pack(">i", 1)


def _handshake(settings: Settings) -> int | None:
    """Return what a broker says to the mechanism of SASL that is set: 0 is yes; None: nothing, or none is set."""
    it = kafka_access(settings)
    name = it.mechanism.encode()
    question = struct.pack(f">hhih4sh{len(name)}s", HANDSHAKE, 1, 1, 4, b"naul", len(name), name)
    answer = _asked(settings, question, it.context) if name else None
    return int.from_bytes(answer[8:10], "big") if answer and len(answer) == ANSWER else None


def _asked(settings: Settings, question: bytes, context: ssl.SSLContext | None) -> bytes | None:
    """Return the beginning of what the first broker that listens answers; None: none listens, or it says nothing."""
    for each in settings.brokers:
        try:
            with socket.create_connection(each, timeout=5) as plain, ExitStack() as stack:
                asked = stack.enter_context(context.wrap_socket(plain, server_hostname=each[0])) if context else plain
                asked.sendall(struct.pack(">i", len(question)) + question)
                return asked.recv(ANSWER)
        except ConnectionResetError:
            return b""
        except OSError:
            continue
    return None


def _distrust(settings: Settings) -> str:
    """Return why the certificate of the first broker that answers is not taken; nothing if it is, or none answers."""
    context = _context(settings.kafka_ca)
    for each in settings.brokers:
        try:
            with (
                socket.create_connection(each, timeout=5) as plain,
                context.wrap_socket(plain, server_hostname=each[0]),
            ):
                return ""
        except ssl.SSLError as error:
            return str(error)
        except OSError:
            continue
    return ""


def _context(authority: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority or None)
    except (OSError, ssl.SSLError) as error:
        raise RefusedError(
            Text("kafka_ca: {file} holds no certificates ({error})", file=authority, error=error),
            "Give the PEM file of the authority that signed those of the brokers.",
        ) from error
