"""Profiles: an address and an app's credentials under a name, in a file that nobody else can read."""

import json
import os
import re
import tomllib
from pathlib import Path

import msgspec

from rencai.bulk.refusals import plain, shown
from rencai.bulk.saving import saved
from rencai.config import SettingError

DEFAULT = "default"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHERS = 0o077


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to call, and as which app."""

    url: str
    app_id: str
    app_secret: str


def path() -> Path:
    """The file: in `$XDG_CONFIG_HOME`, or `~/.config`."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if os.path.isabs(folder) else Path.home() / ".config") / "rencai" / "profiles.toml"


def checked_name(name: str) -> str:
    """A name that a profile may have. Raises SettingError."""
    if not _NAME.fullmatch(name):
        raise SettingError(f"--profile {shown(name)} is no name: say letters, digits, - and _, 64 at most")
    return name


def read() -> dict[str, Profile]:
    """All profiles; none where there is no file. Raises SettingError for a file that can't be used."""
    file = path()
    name = plain(str(file), 200)
    try:
        with file.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & _OTHERS:
                raise SettingError(f"{name} can be read by others, and holds secrets: say chmod 600 {name}")
            return msgspec.convert(tomllib.load(opened), dict[str, Profile])
    except FileNotFoundError:
        return {}
    except OSError as failed:
        raise SettingError(f"{name} can't be read: {(failed.strerror or str(failed)).lower()}") from failed
    except (ValueError, msgspec.ValidationError) as broken:
        if isinstance(broken, SettingError):
            raise
        raise SettingError(f"{name} is no file of profiles ({plain(str(broken), 120)}); mend or remove it") from broken


def write(name: str, profile: Profile) -> None:
    """Keep a profile under this name, beside the others. Raises NotWritten; then the file is as it was."""
    profiles = {**read(), checked_name(name): profile}
    path().parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with saved(path()) as file:
        file.write("\n".join(_section(each, kept) for each, kept in profiles.items()).encode())


def _section(name: str, profile: Profile) -> str:
    fields = msgspec.structs.asdict(profile)
    return f"[{name}]\n" + "".join(f"{field} = {_quoted(value)}\n" for field, value in fields.items())


def _quoted(text: str) -> str:
    """A TOML string: JSON's, in which DEL is escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
