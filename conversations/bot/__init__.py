"""The bot's mind: frozen dataclasses in, frozen dataclasses out; no framework, no database, no network of its own."""
