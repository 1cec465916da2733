"""Tests of the software team."""
