"""Pure decisions and the words they are made of. No I/O, no Temporal, no HTTP, no SQL."""
