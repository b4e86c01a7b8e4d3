HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 221

{"candidates":[{"content":{"parts":[{"text":"your [redacted:test-key]"}],"role":"model"},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":2},"modelVersion":"m-2"}