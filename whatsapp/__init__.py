"""Meta's WhatsApp Cloud API: the request that sends a template, and what its answer proves."""
