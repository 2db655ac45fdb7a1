"""A snapshot as points, for engines that search those: what they hold, and how they are asked."""
