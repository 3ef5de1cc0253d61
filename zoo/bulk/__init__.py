"""Bulk prediction: a model applied to many files by workers, with the results in Parquet files."""
