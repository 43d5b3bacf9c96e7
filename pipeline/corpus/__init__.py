"""Our own files, both ways: every file is written under a temporary name and renamed when it is whole."""
