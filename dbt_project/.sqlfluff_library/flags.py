"""What the linter sees in place of dbt's ``flags``: a run that builds what changed."""

FULL_REFRESH = False
