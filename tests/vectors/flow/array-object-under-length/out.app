HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8
Content-Length: 202

{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "[redacted:test-key]"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
}