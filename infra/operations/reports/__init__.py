"""Reports of a term and what is taken away of them as files."""
