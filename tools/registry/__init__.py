"""What the registry's command line shows and does beside the registry itself."""
