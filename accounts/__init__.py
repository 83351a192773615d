"""Who people are, what they agreed to, what we must prove."""
