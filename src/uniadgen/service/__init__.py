"""Ads over HTTP: `uniadgen serve`.

app.py (the application) - endpoints/ (a file each) - batching.py (what waits, and the threads that make it) -
references.py (which pictures a request may name) - media.py, keys.py, bodies.py, logs.py, metrics.py, server.py
"""
