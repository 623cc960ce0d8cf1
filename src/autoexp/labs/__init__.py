"""The gallery: runnable experiments whose answers are known. The labs' own files are data and import nothing of autoexp."""
