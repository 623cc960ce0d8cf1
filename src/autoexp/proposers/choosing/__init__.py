"""Choosing among proposers: who they are, whom to ask first, and why. Everything here is a function of the contract and the brief."""
