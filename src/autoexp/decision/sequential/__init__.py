"""The sequential rule: look after every run, and stop as soon as the answer is clear or no longer worth its price."""
