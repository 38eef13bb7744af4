"""How the hypothesis models are run."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_model(model: type[RuleBasedStateMachine], examples: int, steps: int) -> None:
    """Run a model so many times, so many steps each. Calls of a server take what time they take."""
    run: Callable[..., Any] = run_state_machine_as_test
    run(
        model,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )
