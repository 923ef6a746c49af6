"""Networks in which slow recurrent excitation keeps a choice or a place in mind."""
