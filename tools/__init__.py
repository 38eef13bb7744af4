"""Programs that keep the project in order. Not part of what is installed."""
