"""The shipped profiles as package data; each is executed by a test."""
