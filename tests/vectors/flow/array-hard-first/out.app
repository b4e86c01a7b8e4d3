HTTP/1.1 200 OK
Content-Type: application/json; charset=UTF-8

[{"error":{"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)","type":"invalid_request_error","param":null,"code":"policy_block"}}
]