"""A model of the whole family of talent calls, and what drives and checks it beside a real server."""

import pytest

pytest.register_assert_rewrite("family.checks", "family.people", "family.replies", "family.strangers", "family.things")
