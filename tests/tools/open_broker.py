"""A Kafka that lets everybody in, as a cluster may: ``python -m tests.tools.open_broker --home DIR``."""

import argparse

from infra.machine.kafka.broker import become, properties

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", required=True)
    become(parser.parse_args().home, properties)
