"""Results for people: tables, and documents with their cuts marked. Everything here only reads."""
