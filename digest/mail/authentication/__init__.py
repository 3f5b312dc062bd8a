"""DKIM signatures, and the DNS records that authenticate a sender: DKIM keys and SPF."""
