MOST_PRODUCTS = MOST_SHOPPERS = 100_000  # whose ids have five digits
