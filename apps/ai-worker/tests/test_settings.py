"""The environment is checked once; a bad one stops the boot with a message that names it."""

import subprocess
import sys
from pathlib import Path

import pytest

from vectorlane_ai_worker.generate import generated_files
from vectorlane_ai_worker.settings import Settings, SettingsError, load_settings, settings_table

from .support import APP, MODULE, environment


def _load(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    monkeypatch.setenv("AI_WORKER_TOKEN", "x" * 32)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_defaults_bind_this_machine_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _load(monkeypatch)
    assert (settings.ai_worker_host, settings.ai_worker_port) == ("127.0.0.1", 8000)


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _load(monkeypatch, OCR_DPI="", MODEL_PATH="").ocr_dpi == 300


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AI_WORKER_TOKEN", "short-secret"),
        ("AI_WORKER_TOKEN", "x" * 32 + "ü"),
        ("AI_WORKER_PORT", "eighty"),
        ("OCR_LANGUAGES", "eng;rm"),
        ("LOG_LEVEL", "loud"),
        ("EXTRACTION_CONCURRENCY", "0"),
        ("PARSER_MAX_MEMORY_BYTES", "1024"),
    ],
)
def test_a_bad_value_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, **{name: value})
    assert str(caught.value).startswith(f"{name}: ")
    assert value not in str(caught.value) or len(value) < 2


def test_every_bad_value_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        _load(monkeypatch, OCR_DPI="1", AI_WORKER_PORT="-1")
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"AI_WORKER_TOKEN": ""}, "AI_WORKER_TOKEN is not set"),
        ({"AI_WORKER_TOKEN": "too-short"}, "AI_WORKER_TOKEN: must have at least 32 characters"),
        ({"MODEL_PATH": "/nowhere"}, "/nowhere has neither"),
    ],
)
def test_the_boot_is_stopped(settings: dict[str, str], told: str) -> None:
    done = subprocess.run(
        [sys.executable, *MODULE], env=environment(**settings), cwd=APP, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert told in (done.stdout + done.stderr).decode()


def test_the_token_never_shows_in_a_settings_object(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "x" * 32 not in repr(_load(monkeypatch))


@pytest.mark.parametrize("path", list(generated_files()), ids=lambda path: path.name)
def test_generated_files_are_current(path: Path) -> None:
    assert path.read_text() == generated_files()[path], "run `npm run ai-worker -- generate`"


def test_every_setting_is_documented() -> None:
    page = (APP.parents[1] / "docs" / "ai-worker.md").read_text()
    assert settings_table() in page
