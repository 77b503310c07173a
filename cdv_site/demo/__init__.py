"""The demo: five dirty sources of one invented retail business, with the truth about who is who."""
