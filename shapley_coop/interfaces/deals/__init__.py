"""What deals are made of: money, prices, beliefs and settlement modes, for agents and plug-ins."""
