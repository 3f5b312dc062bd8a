"""The operator's pages, `/admin`: thin endpoints over `digest.pipeline.admin`."""
