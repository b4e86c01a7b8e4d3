HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8

[{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "a"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ]
},
{"error":{"message":"Blocked by sallyport policy: the body is not valid JSON: in a stream (rule json_invalid, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}
]