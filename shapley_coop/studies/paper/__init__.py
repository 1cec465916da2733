"""The paper's configurations played again, and its tables beside what comes of it."""
