"""The commands of the command line, a module each: options in, text or JSON out."""
