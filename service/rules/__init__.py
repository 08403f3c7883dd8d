"""Rules over their life: drafts, review, publishing, versions, differences."""
