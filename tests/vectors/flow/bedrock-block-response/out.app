HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 112
Connection: close
x-should-retry: false
x-amzn-RequestId: #############################
x-amzn-ErrorType: AccessDeniedException
X-Sallyport-Blocked: SP-9002;#############################

{"message":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}