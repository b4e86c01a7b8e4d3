HTTP/1.1 408 Request Timeout
Content-Type: application/json
Content-Length: 16

{"error":"slow"}