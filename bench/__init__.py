"""Rencai's speed beside a plain service and the bare engine, from one run. `make bench`; QUICK=1 for a short one."""
