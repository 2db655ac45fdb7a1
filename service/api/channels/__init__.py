"""Chat platforms at the door: what they send is answered when they have been told that it came."""
