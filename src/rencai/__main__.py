"""`python -m rencai` is the `rencai` command."""

from rencai.cli import main

if __name__ == "__main__":  # not where a worker process looks for what it is to run
    main()
