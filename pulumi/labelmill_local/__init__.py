"""The local AWS: an emulator, and the infrastructure program applied to it without Pulumi's CLI or any account."""
