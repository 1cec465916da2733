"""Advice for agents before they sign: `lint` as a tool of the Model Context Protocol (MCP)."""
