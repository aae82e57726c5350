"""Everything that comes in is stored here, and dispatched or processed from here."""
