"""The look of messages: colours, type and spacing, from built-in themes and the operator's file."""
