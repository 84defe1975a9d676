"""The fuzz: random calls over the strata, and failures made small."""
