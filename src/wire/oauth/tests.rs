//! The client against a server that says what each test has written down.
