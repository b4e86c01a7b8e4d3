HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 234

{"jsonrpc":"2.0","id":7,"result":{"contents":[{"uri":"file:///a","blob":"Tm90ZXMgb2YgdGhlIGhhcmJvdXIgb2ZmaWNlLCBwYWdlIG9uZS4KVGhlIGNyYW5lIG9wZW5zIHdpdGggW3JlZGFjdGVkOnRlc3Qta2V5XSwgdGhleSBzYXkuClRoZSB0aWRlIGlzIGhpZ2ggYXQgbmluZS4K"}]}}