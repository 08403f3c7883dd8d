"""What people who sell work with, day by day: whom to see, what to ask, how it goes."""
