"""Which packages a project declares, and which its notebooks import."""
