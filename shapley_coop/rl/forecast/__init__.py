"""Recurrent networks trained by error forcing, and the credit forecaster built on them."""
