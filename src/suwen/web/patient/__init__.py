"""The pages of the device partition: patients without an account, and the staff who help them."""
