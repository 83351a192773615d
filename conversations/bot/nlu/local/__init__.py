"""The embedded engine: trained from the bot's own phrases, served with numpy alone."""
