"""A real Apache Kafka on this machine: one KRaft node on the loopback interface.

jars.toml          which jars it is made of, each with its sum
jars               installs them into the cache, once
maven              fetches them
java               what it runs on
broker             formats a home's storage and becomes the broker
log4j2.properties  what it says
"""
