"""What is kept in the user's cache so that it need not be read again."""
