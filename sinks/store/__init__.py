"""The store: attendance as tables, in a ClickHouse server or in ClickHouse embedded in the sink.

port        what is asked of a store; sql says how values become SQL
server      a server, through its native protocol
embedded    a directory, owned by one process; loopback lets that process answer others, remote asks it
migrations  brings a database to the tables of this version
erasure     what a person who is to be forgotten leaves behind: nothing
old_parts   what was deleted leaves the disk soon
opening     which of these the settings mean
"""

from sinks.store.opening import open_for_reading, open_store
from sinks.store.port import Result, Store

__all__ = ["Result", "Store", "open_for_reading", "open_store"]
