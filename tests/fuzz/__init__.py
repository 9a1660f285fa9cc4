"""Documents made worse: small ones of every format, what may happen to one, and what was made to do harm."""
