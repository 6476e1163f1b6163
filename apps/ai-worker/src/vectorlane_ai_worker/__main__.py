"""`python -m vectorlane_ai_worker`: the service; `… generate [--check]`: the files that are made from the sources."""

import argparse
import asyncio
import os
import signal
import sys

from .app import AiWorker
from .extraction.parent_death import end_with_parent
from .generate import generate
from .logs import configure_logs
from .server import Process
from .settings import SettingsError, load_settings


def main() -> int:
    arguments = _arguments()
    if arguments.command == "generate":
        return generate(check=arguments.check)
    if arguments.end_with_parent:
        end_with_parent(os.getppid(), signal.SIGTERM)
    try:
        settings = load_settings()
    except SettingsError as error:
        sys.stderr.write(f"The AI worker cannot start:\n{error}\n")
        return 1
    configure_logs(settings.log_level)
    return asyncio.run(Process(AiWorker(settings)).run())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="vectorlane_ai_worker")
    parser.add_argument("command", nargs="?", choices=["serve", "generate"], default="serve")
    parser.add_argument("--check", action="store_true", help="generate: only say whether the files are current")
    parser.add_argument("--end-with-parent", action="store_true", help="serve: shut down when the starter is gone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
