"""What the product does: collect, publish, deliver, tidy. Each reads, thinks, writes."""
