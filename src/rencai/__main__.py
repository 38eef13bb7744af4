"""`python -m rencai` is the `rencai` command."""

from rencai.cli import main

main()
