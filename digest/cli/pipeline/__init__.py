"""Commands that run stages of the pipeline: collect, enrich, publish, deliver, tidy."""
