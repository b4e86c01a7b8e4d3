HTTP/1.1 200 OK
Content-Type: application/stream+json
Transfer-Encoding: chunked

42
{"is_finished":false,"event_type":"text-generation","text":"so "}

b4
{"is_finished":true,"event_type":"stream-end","finish_reason":"ERROR","error":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}

0

