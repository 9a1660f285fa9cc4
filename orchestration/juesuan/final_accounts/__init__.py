"""The library: bytes in, records out.

Belongs here: reading documents, recognising forms, the narrative, checks within one report, the archive of raw
documents. Does not belong here: Dagster, dbt, any database, the warehouse's paths. A test keeps those out, so that
the same code runs in a command, in a Dagster asset and in a Spark executor.
"""
