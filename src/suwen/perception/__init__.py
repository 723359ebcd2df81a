"""What is seen on images of pages."""
