"""Turns an edition into a message, and delivers it; reads the bounces that come back."""
