"""What a newcomer sees first: a made-up firm in a store of its own, or real purchases."""
