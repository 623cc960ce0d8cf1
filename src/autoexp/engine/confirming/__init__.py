"""The honest number: fresh pairs of the untouched baseline and the best so far, and what each keep adds."""
