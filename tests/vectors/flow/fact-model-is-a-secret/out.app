HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 48

{"id":"key-abcd1234","model":"xyz","choices":[]}