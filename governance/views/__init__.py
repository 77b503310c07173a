"""Views of this app, by noun."""
