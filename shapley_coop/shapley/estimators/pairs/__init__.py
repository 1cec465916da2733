"""Complementary pairs of coalitions: designs, requests, odd values and their noise."""
