"""Options made from the settings of `config.py`, so that each is described once."""

from typing import Any

import typer

from rencai.config import Setting


def option(setting: Setting[Any], **more: Any) -> Any:
    """The Typer option of a setting: its name, its variable in the environment, and its sentence."""
    return typer.Option(setting.option, envvar=setting.variable, help=setting.sentence, **more)
