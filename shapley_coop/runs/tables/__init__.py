"""Runs as flat tables for analysis: one schema for SQL, Parquet, CSV and data frames."""
