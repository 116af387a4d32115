"""A whole site as one directory, and a site out of it again (ADR 51).

backup_files    what the directory holds: records of topics, pages of tables, files; each with its sum
make_backup     a copy of a site that runs, of one moment in the order in which one thing follows from another
restore_backup  a fresh home out of it, resumable
"""
