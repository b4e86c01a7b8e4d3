HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 117

{"inputTextTokenCount":3,"results":[{"tokenCount":4,"outputText":"[redacted:test-key]","completionReason":"FINISH"}]}