"""``python -m juesuan``: the command line where its script is not installed. Nothing else belongs here."""

from juesuan.cli import main

if __name__ == "__main__":
    main()
