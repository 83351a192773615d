"""The bot, its content and its dialogues."""
