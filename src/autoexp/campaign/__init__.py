"""Events, the fold that turns them into state, views of that state, and the rules that stop a campaign. Pure."""
