"""What is asked of an export from elsewhere before it is opened: its files, its operators, its signature."""
