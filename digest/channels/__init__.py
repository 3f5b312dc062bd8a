"""Takes a digest to other places than a mailbox: chats, push services, web hooks and folders."""
