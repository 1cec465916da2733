"""The main job measured: one module a subject, run by `python -m benchmarks.main`."""
