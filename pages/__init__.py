"""The web pages of operators and stores: templates, static files, and what templates are given."""
