"""What works on the hub's database from outside of the hub; never part of a hub that runs."""
