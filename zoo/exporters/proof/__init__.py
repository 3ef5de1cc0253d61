"""What is proved of an exported file: its runtimes, its verdicts, and the numbers it is compared with."""
