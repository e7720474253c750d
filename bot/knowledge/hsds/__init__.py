"""Packages of services in the form of the Human Services Data Specification (Open Referral): read, checked, made safe, kept, handed out.

What others collected comes in here and nowhere else. `package` reads and writes, `validation` names every fault, `confidentiality`
removes what could lead somebody to a hidden place, `entries` makes of it the services that the bot offers, `store` keeps what
an operator imported, `command` is the operator's side of it.
"""
