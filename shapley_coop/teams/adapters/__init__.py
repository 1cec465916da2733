"""Teams of agent frameworks as teams to attribute: one file a framework, each an optional extra."""
