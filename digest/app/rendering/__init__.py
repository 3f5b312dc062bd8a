"""What rendering needs besides the message: processes of its own, pictures, previews of all forms."""
