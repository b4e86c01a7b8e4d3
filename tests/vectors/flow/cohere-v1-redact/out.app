HTTP/1.1 200 OK
Content-Type: application/stream+json
Transfer-Encoding: chunked

55
{"is_finished":false,"event_type":"text-generation","text":"my [redacted:test-key]"}

40
{"is_finished":false,"event_type":"text-generation","text":"."}

af
{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"text":"my [redacted:test-key].","meta":{"tokens":{"input_tokens":2,"output_tokens":3}}}}

0

