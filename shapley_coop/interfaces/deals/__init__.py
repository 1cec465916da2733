"""What deals are made of: money, prices and settlement modes, for agents and plug-ins."""
