HTTP/1.1 200 OK
Content-Type: text/event-stream

{
  "error": {
    "message": "no [redacted:test-key]"
  }
}
