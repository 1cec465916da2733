"""The OpenAI chat protocol: how an endpoint is reached and asked, and what it answers."""
