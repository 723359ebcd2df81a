"""Does a site keep its promises now: each property tried on the site itself, and graded."""
