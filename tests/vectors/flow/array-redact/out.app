HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8

[{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "my [redacted:test-key]"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
}
,
{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "!"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
}
,
{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "."
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ]
}
]
