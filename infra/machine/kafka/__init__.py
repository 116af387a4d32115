"""A real Apache Kafka on this machine: one KRaft node on the loopback interface.

pom.xml            which jars it is made of
jars               copies them into the cache, once
broker             formats a home's storage and becomes the broker
log4j2.properties  what it says
"""
