"""Chaos, from the outside: everything is killed, frozen or failing, and nothing gets lost."""
