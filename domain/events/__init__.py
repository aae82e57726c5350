"""What partners post: event kinds, the partner schema, and what a journey needs of an event."""
