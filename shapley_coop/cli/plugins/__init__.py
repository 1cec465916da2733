"""What the command line says of plug-ins: lists of them, and checks of one."""
