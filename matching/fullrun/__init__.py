"""Full runs: everything looked at together, reported before anything changes, published, undone. Steps are jobs."""
