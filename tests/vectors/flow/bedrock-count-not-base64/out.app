HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 151
Connection: close
x-should-retry: false
x-amzn-RequestId: #############################
x-amzn-ErrorType: AccessDeniedException
X-Sallyport-Blocked: json_invalid;#############################

{"message":"Blocked by sallyport policy: the body is not valid JSON: a document in base64 (rule json_invalid, exchange #############################)"}