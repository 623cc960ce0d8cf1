"""A change that is measured as a candidate would be, with everything that is put on record thrown away afterwards."""
