"""The HTTP side: one file per audience, each route a dependency, a translation and one call."""
