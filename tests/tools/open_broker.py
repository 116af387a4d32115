"""A Kafka that lets everybody in, as a cluster may: ``python -m tests.tools.open_broker --home DIR``."""

from infra.machine.kafka.broker import main, properties

if __name__ == "__main__":
    main(properties)
