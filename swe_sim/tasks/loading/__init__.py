"""Tasks that users bring in files of other benchmarks' shapes. Nothing is downloaded."""
