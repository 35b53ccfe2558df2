"""Statistics as pure functions on numbers; nothing here knows of stores, nets or screens."""
