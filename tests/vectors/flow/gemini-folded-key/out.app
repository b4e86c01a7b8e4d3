HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 327
Connection: close
x-should-retry: false
X-Sallyport-Blocked: json_invalid;#############################

{"error":{"code":403,"message":"Blocked by sallyport policy: the body is not valid JSON: a key that is known but for its case (rule json_invalid, exchange #############################)","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"policy_block","domain":"sallyport"}]}}