"""How fast and how large: ratios against baselines that run in the same process, so that they hold on any machine."""
