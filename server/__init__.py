"""Serves the API over HTTP: `python -m server`, with limits of connections that uvicorn lacks."""
