"""What a message says and by which way it goes: templates, Liquid, channels, fallbacks."""
