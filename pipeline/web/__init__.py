"""Web pages as both the scraper and the admin read them: bytes to text, structured data, archived copies.

What it imports beside the standard library is in requirements/web.txt, which no Lambda zip ships.
"""
