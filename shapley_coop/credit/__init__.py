"""Who contributed what to an episode: a worth goes in, a credit for each seat comes out."""
