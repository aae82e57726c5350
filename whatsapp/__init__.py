"""Meta's WhatsApp Cloud API: sending templates, and reading what its webhook posts."""
