"""Running: worker processes, the channel to them, and what keeps them from outliving their run."""
