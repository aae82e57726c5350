"""`journeys demo`: a store, its customers, and what becomes of their journeys, in seconds."""
