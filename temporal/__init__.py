"""Reaching Temporal: the client, payload encryption, workers, and the gateway to journeys."""
