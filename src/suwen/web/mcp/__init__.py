"""The Model Context Protocol: tools by which agents of the hospital ask this platform."""
