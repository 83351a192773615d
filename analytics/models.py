"""Roll-ups come with the dashboard; this app has no tables yet."""
