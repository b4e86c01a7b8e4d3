HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 172
Connection: close
x-should-retry: false
x-amzn-RequestId: #############################
x-amzn-ErrorType: AccessDeniedException
X-Sallyport-Blocked: uneditable;#############################

{"message":"Blocked by sallyport policy: the text has to be redacted and cannot be edited: the request is signed (rule uneditable, exchange #############################)"}