"""Stateless compute for Vectorlane: text to vectors and scores, PDF and images to text. No database, no queue."""

import os

# ONNX Runtime reports to its maker, and leaves files about it in the home and temporary folders, unless it finds this
# when it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
