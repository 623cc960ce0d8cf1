"""What tests and labs play against: fakes that speak real protocols. Nothing of autoexp is imported here."""
