// The module is empty until its first file lands.
