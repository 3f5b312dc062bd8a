"""Records of registries and preprint servers, as papers."""
