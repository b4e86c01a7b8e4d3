HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 53

{"content":[{"type":"text","text":"a key-abcd1234"}]}