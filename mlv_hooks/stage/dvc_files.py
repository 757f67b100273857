"""What DVC calls the files of a pipeline."""

DVC_FILE, LOCK_FILE, PARAMS_FILE = "dvc.yaml", "dvc.lock", "params.yaml"
DVC_FOLDER = ".dvc"
