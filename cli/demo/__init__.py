"""`journeys demo`: a store, its customers, and how their journeys end, in seconds."""
