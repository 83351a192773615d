"""The HTTP twin of chat.v1: the same store and the same rules, for programs that prefer HTTP."""
