"""The studio: pages on which people see, choose and correct ads.

    project.py    what somebody works on: product, shopper, place, and the variants on the table
    store.py      projects, every earlier state of them, variants and pictures, in one SQLite file
    dropping.py   clicked ads as people drop them, with their texts
    making.py     variants, made one by one by whoever owns the model
    export.py     files to take away: a picture, or a zip that `uniadgen generate` makes again
    app.py        the pages, an application that the service mounts at /studio

Nothing here needs torch.
"""
