HTTP/1.1 403 Forbidden
Content-Type: application/json
Content-Length: 110
Connection: close
x-should-retry: false
X-Sallyport-Blocked: SP-9002;#############################

{"error":"Blocked by sallyport policy: forbidden-word (rule SP-9002, exchange #############################)"}