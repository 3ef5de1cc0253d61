"""Tables of the user's own: arrays and DataFrames in memory, and CSV files with one time step in each row."""
