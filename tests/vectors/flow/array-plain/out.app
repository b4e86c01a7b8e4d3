HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8
Transfer-Encoding: chunked

bc
[{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "Hel"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
}

bd
,
{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "lo"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
}

da
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
      "finishReason": "STOP",
      "index": 0
    }
  ]
}

2
]

0

