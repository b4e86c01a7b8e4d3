HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 18

{"inputTokens":12}