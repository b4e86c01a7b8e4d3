HTTP/1.1 200 OK
Content-Type: application/javascript
Content-Length: 35

data: {"a":"[redacted:test-key]"}

