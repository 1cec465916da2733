"""What calls cost: prices, budgets and totals."""
