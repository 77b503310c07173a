"""The matching engine: pure functions over columns that tell who is who. Knows no Django and no database."""
