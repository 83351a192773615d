"""The bot's mind: frozen dataclasses in, frozen dataclasses out; no framework and no I/O."""
