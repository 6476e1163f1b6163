"""Tests of the AI worker; most of them talk to a real process over HTTP."""
