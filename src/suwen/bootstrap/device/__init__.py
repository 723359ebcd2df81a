"""The device partition: applications of device grade, apart from everything else."""
