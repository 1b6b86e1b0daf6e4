"""Getting what lies elsewhere: bounded requests, crawls that survive a kill, downloads with
checksums, and an account of it all.
"""
