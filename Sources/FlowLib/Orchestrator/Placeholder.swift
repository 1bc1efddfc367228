// Empty until its first file is written.
