"""Serves the API over HTTP: `python -m api`, with limits of connections that uvicorn lacks."""
