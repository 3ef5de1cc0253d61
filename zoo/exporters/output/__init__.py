"""Where an export goes: its folder, and the process that writes it where Keras has another backend."""
