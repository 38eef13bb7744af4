"""What is under `deploy/` and its guide page, as far as it can be held without a container engine or systemd itself."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from harness import clean_environment, rencai
from rencai.config import SETTINGS

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PAGES = [ROOT / "docs" / "guide" / name for name in ("deploying.md", "keeping-data.md", "running-it.md")]
CONTAINERFILE = (DEPLOY / "Containerfile").read_text("utf-8")
UNIT = (DEPLOY / "rencai.service").read_text("utf-8")


def joined(text: str) -> str:
    """The text with lines that go on made one."""
    return re.sub(r"\\\n\s*", "", text)


def settings_of_image() -> dict[str, str]:
    """What ENV sets, but for the PATH."""
    (line,) = re.findall(r"^ENV (.*)$", joined(CONTAINERFILE), re.MULTILINE)
    settings = dict(word.split("=", 1) for word in shlex.split(line))
    return {name: value for name, value in settings.items() if name != "PATH"}


def commands_written_down() -> list[list[str]]:
    """Every `rencai` command on the pages, and those of image and unit."""
    text = joined("\n".join(page.read_text("utf-8") for page in PAGES))
    text = re.sub(r"docker exec rencai rencai|rencai-run", "rencai", text)
    found = re.findall(r"(?:^|&& )(?:[\d*]+ [\d*]+ [* ]+)?(rencai (?!-)[a-z].*?)(?: 2?>.*| &&.*)?$", text, re.MULTILINE)
    return [shlex.split(command)[1:] for command in found] + [["serve"]]


def test_settings_named_in_image_unit_and_pages_exist() -> None:
    variables = {setting.variable for setting in SETTINGS}
    for text in (CONTAINERFILE, UNIT, *(page.read_text("utf-8") for page in PAGES)):
        named = set(re.findall(r"\bRENCAI_[A-Z_]+[A-Z]", text))
        assert named <= variables, named - variables


def test_commands_and_options_written_down_exist() -> None:
    commands = commands_written_down()
    words = {" ".join(word for word in command[:2] if word.isalpha()) for command in commands}
    assert {"app create", "doctor", "database backup", "database verify", "database copy", "history prune"} <= words
    helps: dict[tuple[str, ...], str] = {}
    for command in commands:
        family = command[0] in {"app", "database", "history"}
        name = tuple(command[: 2 if family else 1])
        if name not in helps:
            shown = rencai(*name, "--help", COLUMNS="200")
            assert shown.returncode == 0, name
            helps[name] = shown.stdout
        for option in (word for word in command if word.startswith("--")):
            assert option in helps[name], f"{' '.join(name)} has no {option}"


def test_the_image_is_made_of_what_is_there() -> None:
    """Each file that is copied into it is there, and let through to the builder."""
    let_through = re.findall(r"^!(.*)$", (DEPLOY / "Containerfile.dockerignore").read_text("utf-8"), re.MULTILINE)
    for words in re.findall(r"^COPY (?!--from)(.*)$", CONTAINERFILE, re.MULTILINE):
        for source in words.split()[:-1]:
            assert (ROOT / source).exists()
            assert source in let_through
    assert re.search(r"^USER 10001:10001$", CONTAINERFILE, re.MULTILINE)


def healthcheck() -> list[str]:
    (found,) = re.findall(r"^HEALTHCHECK .*? CMD (\[.*\])$", re.sub(r"\\\n", "", CONTAINERFILE), re.MULTILINE)
    return json.loads(found)


def test_the_image_s_command_and_health_need_one_folder_only(tmp_path: Path) -> None:
    """With the image's settings, no home, and nothing to write to but what stands for /data."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    settings = {name: value.replace("/data", str(data)) for name, value in settings_of_image().items()}
    settings |= {"RENCAI_PORT": "7341", "RENCAI_HOST": "127.0.0.1", "HOME": "/nonexistent"}
    environment = {**clean_environment(), **settings, "PATH": os.environ["PATH"]}
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", CONTAINERFILE, re.MULTILINE)[0])
    command = entry + json.loads(re.findall(r"^CMD (.*)$", CONTAINERFILE, re.MULTILINE)[0])
    assert command == ["rencai", "serve"]
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd="/", env=environment, stderr=subprocess.DEVNULL, text=True
    )
    check = [sys.executable, *healthcheck()[1:]]
    try:
        assert subprocess.run(check, env=environment, capture_output=True).returncode in (0, 1)
        deadline = time.monotonic() + 20
        while subprocess.run(check, env=environment, capture_output=True).returncode:
            assert time.monotonic() < deadline
        assert urllib.request.urlopen("http://127.0.0.1:7341/readyz").read() == b"ready"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
    assert subprocess.run(check, env=environment, capture_output=True).returncode == 1
    assert sorted(path.name for path in data.iterdir()) == ["rencai.db", "rencai.db-serving"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_understands_the_unit_and_finds_it_closed_off(tmp_path: Path) -> None:
    unit = tmp_path / "rencai.service"
    program = Path(sys.executable).parent / "rencai"
    unit.write_text(UNIT.replace("/opt/rencai/.venv/bin/rencai", str(program)))
    assert UNIT.count("/opt/rencai/.venv/bin/rencai") == 1
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)], capture_output=True, text=True
    )
    assert judged.returncode == 0, judged.stdout[-300:]


def test_the_unit_waits_longer_than_the_server_takes_to_end() -> None:
    (timeout,) = [setting.default for setting in SETTINGS if setting.name == "request_timeout"]
    (waits,) = re.findall(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert int(waits) > timeout + 5
    assert "--stop-timeout 60" in PAGES[0].read_text("utf-8")
