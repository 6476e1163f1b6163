"""Writes what is made from the sources: the OpenAPI file, and the table of settings in docs/ai-worker.md."""

import json
import re
import sys
from pathlib import Path

from pydantic import SecretStr

from .app import AiWorker
from .settings import Settings, settings_table

_APP_FOLDER = Path(__file__).resolve().parents[2]
_TABLE = re.compile(r"(?<=<!-- settings -->\n\n).*?(?=<!-- /settings -->)", re.DOTALL)


def generated_files() -> dict[Path, str]:
    """Paths and what should be in them."""
    # Nothing of the contract depends on settings.
    document = AiWorker(Settings(ai_worker_token=SecretStr("x" * 32), tesseract_path="none")).openapi()
    page = _APP_FOLDER.parents[1] / "docs" / "ai-worker.md"
    files = {_APP_FOLDER / "openapi.json": json.dumps(document, indent=2, ensure_ascii=False) + "\n"}
    if page.is_file():
        files[page] = _TABLE.sub(lambda _: settings_table() + "\n\n", page.read_text())
    return files


def generate(*, check: bool) -> int:
    stale = [path for path, text in generated_files().items() if not path.is_file() or path.read_text() != text]
    if check:
        for path in stale:
            sys.stderr.write(f"{path.name} is out of date: run `npm run ai-worker -- generate`.\n")
        return 1 if stale else 0
    for path, text in generated_files().items():
        path.write_text(text)
    return 0
