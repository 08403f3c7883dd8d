"""The plugins that ship with custrata, one folder each; a stranger's loads the same way."""
