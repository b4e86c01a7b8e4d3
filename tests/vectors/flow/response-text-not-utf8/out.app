HTTP/1.1 200 OK
Content-Type: text/plain
Content-Length: 30

ÿ â‚ my [redacted:test-key] ğŸ