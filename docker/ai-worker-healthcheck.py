"""The container's health check: GET /health of the process beside it."""

import os
import sys
import urllib.request

address = f"http://127.0.0.1:{os.environ.get('AI_WORKER_PORT', '8000')}/health"
try:
    with urllib.request.urlopen(address, timeout=3) as response:  # an address of this machine alone
        sys.exit(0 if response.status == 200 else 1)
except OSError:
    sys.exit(1)
