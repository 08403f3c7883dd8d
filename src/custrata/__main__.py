"""`python -m custrata` is the command line."""

from custrata.cli import main

if __name__ == "__main__":
    main()
