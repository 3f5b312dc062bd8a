"""Commands that run stages of the pipeline: collect, publish, deliver, tidy."""
