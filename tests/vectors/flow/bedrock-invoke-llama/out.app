HTTP/1.1 200 OK
Content-Type: application/json
Content-Length: 107

{"generation":"[redacted:test-key]","prompt_token_count":3,"generation_token_count":4,"stop_reason":"stop"}