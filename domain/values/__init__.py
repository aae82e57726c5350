"""Values that the rest of the domain is made of: durations, timestamps, secrets, problems."""
