"""The real service with parsers that do what the "file" says: `hang`, `sleep:2`, `eat`, `fill`, `abort`, `env`, …"""

import asyncio
import json
import os
import sys
import time

from vectorlane_ai_worker.app import AiWorker
from vectorlane_ai_worker.extraction.failures import corrupt
from vectorlane_ai_worker.extraction.parser_process import BOOT
from vectorlane_ai_worker.extraction.schema import RecognisedDocument, RecognisedPage, Word
from vectorlane_ai_worker.logs import configure_logs
from vectorlane_ai_worker.server import Process
from vectorlane_ai_worker.settings import load_settings

_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ODD_BOOT = BOOT.replace(
    "main(int(sys.argv[2])",
    f"sys.path.insert(0, {_FOLDER!r})\nfrom tests.odd_worker import parse\nmain(int(sys.argv[2])",
).replace("sys.argv[4])", "sys.argv[4], parse)")


def parse(data: bytes, _expected: str | None, _pages: list[int] | None) -> RecognisedDocument:
    word, _, argument = data.decode().partition(":")
    match word:
        case "hang":
            while True:
                time.sleep(60)
        case "sleep":
            time.sleep(float(argument))
        case "eat":
            eaten = []
            while True:
                eaten.append(b"x" * 4_000_000)
                time.sleep(0.002)
        case "fill":
            filled = []
            while True:
                filled.append(b"x" * 16_000_000)
        case "gulp":
            bytearray(1 << 40)
        case "abort":
            os.abort()
        case "corrupt":
            raise corrupt("It is broken.")
        case "env":
            return document(json.dumps({"env": dict(os.environ), "argv": len(sys.argv), "pid": os.getpid()}))
        case "pid":
            return document(str(os.getpid()))
    return document(f"{word} done")


def document(text: str) -> RecognisedDocument:
    word = Word(text=text, x0=0, y0=0, x1=9, y1=9, confidence=90, line=0)
    page = RecognisedPage(page=1, width=100, height=100, words=[word])
    return RecognisedDocument(format="pdf", pages=[page])


if __name__ == "__main__":
    settings = load_settings()
    configure_logs(settings.log_level)
    sys.exit(asyncio.run(Process(AiWorker(settings, ODD_BOOT)).run()))
