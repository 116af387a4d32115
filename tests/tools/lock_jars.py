"""Write the sums of the broker's jars anew from the two lists of ``jars.toml``: ``python -m tests.tools.lock_jars``.

Everything is resolved and fetched afresh: what lies in the caches of whoever writes the lock must not get into it.
"""

import sys
import tempfile
from pathlib import Path

from infra.machine.kafka.jars import LOCK, Jars, read_lock, sha256_of
from infra.machine.kafka.maven import fetch, maven
from schemas.errors import NaulError

HEAD, TABLE, _ = LOCK.read_text("utf-8").partition("[sha256]\n")


def resolved(jars: Jars) -> dict[str, str]:
    """Every jar that the roots come to, with the sum of its file."""
    with tempfile.TemporaryDirectory() as folder:
        source = maven(Path(folder), local=False)
        excluded = [source.project(*each.split(":")) for each in jars.without]
        # Without the mark "!" jgo takes each root for a bill of materials of the others too, as Maven does not: log4j
        # then decides that Kafka 4.3.1 gets the kafka-clients 3.9.1 that log4j is tested with.
        roots = [source.create_dependency(f"{each}!", excluded) for each in jars.roots]
        found = [each.artifact for many in source.resolver.resolve(roots) for each in many]
        coordinates = {f"{each.groupId}:{each.artifactId}:{each.version}" for each in found}
        return {each: sha256_of(fetch(source, each)) for each in sorted(coordinates)}


def main() -> None:
    """Write the lock."""
    try:
        sums = resolved(read_lock())
    except (NaulError, OSError, RuntimeError) as error:
        sys.exit(f"the jars could not be resolved: {error}")
    LOCK.write_text(HEAD + TABLE + "".join(f'"{name}" = "{sha256}"\n' for name, sha256 in sums.items()), "utf-8")


if __name__ == "__main__":
    main()
