"""The eyes: a JPEG becomes faces, a face becomes an embedding. A plain library, no Kafka, no Faust."""
