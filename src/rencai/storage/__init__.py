"""How it is kept: the seam, the named SQL, the schema and the engines behind it. No rule of the domain is here."""
