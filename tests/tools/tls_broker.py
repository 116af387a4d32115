"""A broker that is reached by TLS, with a user of its operator and those whom he adds: ``--home DIR``.

The home holds its certificate and key: ``broker.pem``, ``broker.key``.
"""

from collections.abc import Mapping

from infra.machine.kafka.broker import closed, main
from schemas.settings import Settings


def lines(settings: Settings) -> Mapping[str, str]:
    """Return the settings of the broker of this machine, with TLS between it and its clients."""
    store = settings.home / "both.pem"
    store.write_bytes((settings.home / "broker.key").read_bytes() + (settings.home / "broker.pem").read_bytes())
    return {
        **closed(settings),
        "super.users": "User:naul;User:administrator",
        # Tokens without a signature, as Kafka's own example takes them: what validates signatures is not in our jars.
        "listener.name.broker.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512,OAUTHBEARER",
        "listener.name.broker.oauthbearer.sasl.jaas.config": "org.apache.kafka.common.security.oauthbearer."
        'OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="naul";',
        "listener.name.broker.oauthbearer.sasl.server.callback.handler.class": "org.apache.kafka.common.security."
        "oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler",
        "listener.security.protocol.map": "BROKER:SASL_SSL,CONTROLLER:SASL_PLAINTEXT",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(settings.home / "broker.pem"),
    }


if __name__ == "__main__":
    main(lines)
