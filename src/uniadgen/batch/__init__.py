"""Ads for many pairs of product and shopper: `uniadgen batch`.

pairs.py (the rows, in the order of work) - making.py (a part of them becomes a table) - job.py (which parts are done, in the
folder's manifest) - engines.py (who makes them: this machine, or a Ray cluster)
"""
