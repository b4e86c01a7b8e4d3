HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 98

{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"f","description":"use [redacted:test-key]"}]}}