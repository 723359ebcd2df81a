"""How well the library finds: public question sets, a peer, intervals, and when it must abstain."""
