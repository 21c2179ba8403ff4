"""Product feeds of shops become products of our layout: `uniadgen data products FEED --out DIR`.

reading.py (Google Merchant, Shopify, WooCommerce, JSON Lines, one item at a time) - texts.py (the rules by which an item
becomes a description and selling points) - products.py (pictures, problems, the table)
"""
