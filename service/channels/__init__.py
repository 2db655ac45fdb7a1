"""Chat programs as ways to ask: what a platform sends is read here, and what it shows is written here.

One module a platform. `channel.py` says what each gives, `card.py` what each shows, `courier.py` how each is spoken to.
"""
