HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8
Transfer-Encoding: chunked

ba
[{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "hi"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
}
