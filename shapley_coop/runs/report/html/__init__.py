"""The report as one HTML page that needs no network: pictures, talk, money and credit."""
