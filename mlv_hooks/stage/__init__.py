"""The stages of a project: dvc.yaml, dvc.lock and params.yaml."""
