"""Learning to do what a rule agent does, from the questions that a language model is asked."""
