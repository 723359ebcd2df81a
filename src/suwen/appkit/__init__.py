"""What an application may import: the contract, the manifest, discovery, contract checks."""
