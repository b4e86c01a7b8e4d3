HTTP/1.1 200 OK
Content-Type: application/x-ndjson

{"model":"m","message":{"role":"assistant","content":"say "},"done":false}
{"error":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}
