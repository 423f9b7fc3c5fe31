"""What hub, client and job containers tell each other, as models of pydantic."""
