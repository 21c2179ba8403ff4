"""Human evaluation of ads: a study is created from finished ads, labelled, verified and rechecked by people, and reported.

    criteria.py     what an ad is judged by, in the words of the guideline
    items.py        ads of several systems, read from files
    teams.py        who labels, verifies and rechecks
    store.py        the study's database; verdicts are only ever appended
    creating.py     a new study: shuffled, blind, with every task of every stage
    assignment.py   who gets which task next, leases, and what a verdict leads to
    agreement.py    Wilson intervals, Krippendorff's alpha, Cohen's kappa
    figures.py      what a study says, as numbers
    report.py       the same as one HTML page
    exchange.py     JSON Lines and Label Studio
    app.py          the pages that people work on

Nothing here needs torch.
"""
