"""How far labelers agree, and on what. The unit is always named: spans for F1, tokens for alpha."""
